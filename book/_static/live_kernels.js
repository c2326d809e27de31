"use strict";

// The arithmetic of trained networks: what each kind of layer does to an array of numbers. Nothing here knows of the page.
// An array is { shape: [height, width, channels] or [numbers], values: Float32Array }, channels varying fastest.
const liveKernels = (() => {
  const count = (shape) => shape.reduce((product, each) => product * each, 1);

  // How far a window reaches over the edge at the top (or left), and how many windows fit.
  const fit = (size, window, stride, padding) => {
    if (padding === "valid") return { before: 0, places: Math.floor((size - window) / stride) + 1 };
    const places = Math.ceil(size / stride);
    return { before: Math.floor(Math.max((places - 1) * stride + window - size, 0) / 2), places };
  };
  const fits = (layer, input, [rows, columns]) => [
    fit(input.shape[0], rows, layer.strides[0], layer.padding),
    fit(input.shape[1], columns, layer.strides[1], layer.padding),
  ];
  const windowShape = (layer, input, size) => fits(layer, input, size).map(({ places }) => places);

  // Calls visit(from, tap) for each place of a window that lies on the picture: where its channels begin, and which tap it is.
  const overWindow = (layer, input, [rows, columns], [down, right], y, x, visit) => {
    const [height, width, channels] = input.shape;
    for (let i = 0; i < rows; i += 1) {
      const row = y * layer.strides[0] + i - down.before;
      if (row < 0 || row >= height) continue;
      for (let j = 0; j < columns; j += 1) {
        const column = x * layer.strides[1] + j - right.before;
        if (column >= 0 && column < width) visit((row * width + column) * channels, i * columns + j);
      }
    }
  };

  // Numbers times rows of a table of weights, added up. Zeros are left out (after a ReLU that is most of them), and four rows
  // are added at a time, which takes half as long as one by one.
  const adder = (weights, width, most) => {
    const [sums, kept, rows] = [new Float64Array(width), new Float64Array(most + 3), new Int32Array(most + 3)];
    let many = 0;
    const add = (number, row) => {
      if (number === 0) return;
      kept[many] = number;
      rows[many] = row;
      many += 1;
    };
    const total = () => {
      for (let spare = 0; spare < 3; spare += 1) kept[many + spare] = rows[many + spare] = 0;
      for (let next = 0; next < many; next += 4) {
        const [a, b, c, d] = [kept[next], kept[next + 1], kept[next + 2], kept[next + 3]];
        const [i, j, k, l] = [rows[next], rows[next + 1], rows[next + 2], rows[next + 3]];
        for (let at = 0; at < width; at += 1) {
          sums[at] += a * weights[i + at] + b * weights[j + at] + c * weights[k + at] + d * weights[l + at];
        }
      }
      many = 0;
      return sums;
    };
    const start = (bias) => {
      if (bias) sums.set(bias.values);
      else sums.fill(0);
    };
    return { add, start, total };
  };

  const convolve = (layer, input, output) => {
    const { kernel, bias } = layer.weights;
    const [height, width, filters] = layer.output;
    const channels = input.shape[2];
    const sizes = kernel.shape.slice(0, 2);
    const places = fits(layer, input, sizes);
    const sums = adder(kernel.values, filters, count(sizes) * channels);
    const add = (from, tap) => {
      for (let channel = 0; channel < channels; channel += 1) {
        sums.add(input.values[from + channel], (tap * channels + channel) * filters);
      }
    };
    for (let y = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1) {
        sums.start(bias);
        overWindow(layer, input, sizes, places, y, x, add);
        output.set(sums.total(), (y * width + x) * filters);
      }
    }
  };

  // The mirror image of a convolution: each number is spread over a window of the output.
  const spread = (layer, input, output) => {
    const { kernel, bias } = layer.weights;
    const [rows, columns, filters, channels] = kernel.shape;
    const [height, width] = layer.output;
    const before = (size, stride) => (layer.padding === "same" ? Math.floor(Math.max(size - stride, 0) / 2) : 0);
    const [down, right] = [before(rows, layer.strides[0]), before(columns, layer.strides[1])];
    const sums = new Float64Array(output.length);
    if (bias) for (let at = 0; at < sums.length; at += filters) sums.set(bias.values, at);
    for (let y = 0; y < input.shape[0]; y += 1) {
      for (let x = 0; x < input.shape[1]; x += 1) {
        const from = (y * input.shape[1] + x) * channels;
        for (let tap = 0; tap < rows * columns; tap += 1) {
          const row = y * layer.strides[0] + Math.floor(tap / columns) - down;
          const column = x * layer.strides[1] + (tap % columns) - right;
          if (row < 0 || row >= height || column < 0 || column >= width) continue;
          for (let filter = 0; filter < filters; filter += 1) {
            const at = (tap * filters + filter) * channels;
            let sum = 0;
            for (let channel = 0; channel < channels; channel += 1) {
              sum += input.values[from + channel] * kernel.values[at + channel];
            }
            sums[(row * width + column) * filters + filter] += sum;
          }
        }
      }
    }
    output.set(sums);
  };

  const multiply = (layer, input, output) => {
    const { kernel, bias } = layer.weights;
    const sums = adder(kernel.values, output.length, input.values.length);
    sums.start(bias);
    input.values.forEach((number, from) => sums.add(number, from * output.length));
    output.set(sums.total());
  };

  const pool = (start, take, finish) => (layer, input, output) => {
    const [height, width, channels] = layer.output;
    const places = fits(layer, input, layer.size);
    for (let y = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1) {
        for (let channel = 0; channel < channels; channel += 1) {
          let [found, seen] = [start, 0];
          overWindow(layer, input, layer.size, places, y, x, (from) => {
            found = take(found, input.values[from + channel]);
            seen += 1;
          });
          output[(y * width + x) * channels + channel] = finish(found, seen);
        }
      }
    }
  };
  const addUp = (one, other) => one + other;
  const maxPool = pool(-Infinity, Math.max, (found) => found);
  const averagePool = pool(0, addUp, (found, seen) => found / seen);

  const averageAll = (layer, input, output) => {
    const sums = new Float64Array(output.length);
    input.values.forEach((number, at) => { sums[at % output.length] += number; });
    output.set(sums.map((sum) => (sum * output.length) / input.values.length));
  };

  const scale = (layer, input, output) => {
    const [factor, shift] = [layer.weights.scale.values, layer.weights.shift.values];
    for (let at = 0; at < output.length; at += 1) {
      output[at] = input.values[at] * factor[at % factor.length] + shift[at % factor.length];
    }
  };

  const each = (change) => (layer, input, output) => {
    for (let at = 0; at < output.length; at += 1) output[at] = change(input.values[at]);
  };

  // Probabilities of scores. A high temperature brings them together, a low one apart; 1 is what was trained.
  const softmax = (scores, temperature = 1) => {
    const highest = Math.max(...scores);
    const powers = Array.from(scores, (score) => Math.exp((score - highest) / temperature));
    const sum = powers.reduce(addUp, 0);
    return powers.map((power) => power / sum);
  };

  const same = ({ shape }) => shape;
  const maps = (layer, input, size, filters) => [...windowShape(layer, input, size), filters];
  const kernelAndBias = (filters) => (kernel) => ({ kernel, bias: [filters] });
  const none = () => ({});

  // For each kind of layer: the shape that it needs (how many axes), the shape that it gives, the weights it must have, what it does.
  const KINDS = {
    conv: {
      axes: 3,
      shape: (layer, input) => maps(layer, input, layer.weights.kernel.shape, layer.weights.kernel.shape[3]),
      weights: (layer, input) => {
        const [rows, columns, , filters] = layer.weights.kernel?.shape ?? [];
        return kernelAndBias(filters)([rows, columns, input.shape[2], filters]);
      },
      run: convolve,
    },
    transposed: {
      axes: 3,
      shape: (layer, { shape }) => {
        const { shape: [rows, columns, filters] } = layer.weights.kernel;
        const size = (length, window, stride) => length * stride + (layer.padding === "valid" ? Math.max(window - stride, 0) : 0);
        return [size(shape[0], rows, layer.strides[0]), size(shape[1], columns, layer.strides[1]), filters];
      },
      weights: (layer, input) => {
        const [rows, columns, filters] = layer.weights.kernel?.shape ?? [];
        return kernelAndBias(filters)([rows, columns, filters, input.shape[2]]);
      },
      run: spread,
    },
    dense: {
      axes: 1,
      shape: (layer) => [layer.weights.kernel.shape[1]],
      weights: (layer, input) => {
        const numbers = layer.weights.kernel?.shape[1];
        return kernelAndBias(numbers)([input.shape[0], numbers]);
      },
      run: multiply,
    },
    "max pool": { axes: 3, shape: (layer, input) => maps(layer, input, layer.size, input.shape[2]), weights: none, run: maxPool },
    "average pool": { axes: 3, shape: (layer, input) => maps(layer, input, layer.size, input.shape[2]), weights: none, run: averagePool },
    "global average": { axes: 3, shape: (layer, input) => [input.shape[2]], weights: none, run: averageAll },
    scale: {
      shape: (layer, input) => same(input),
      weights: (layer, input) => ({ scale: [input.shape.at(-1)], shift: [input.shape.at(-1)] }),
      run: scale,
    },
    relu: { shape: (layer, input) => same(input), weights: none, run: each((number) => (number > 0 ? number : 0)) },
    sigmoid: { shape: (layer, input) => same(input), weights: none, run: each((number) => 1 / (1 + Math.exp(-number))) },
    tanh: { shape: (layer, input) => same(input), weights: none, run: each(Math.tanh) },
    softmax: { axes: 1, shape: (layer, input) => same(input), weights: none, run: (layer, input, output) => output.set(softmax(input.values)) },
    reshape: { shape: (layer) => layer.output, weights: none, run: (layer, input, output) => output.set(input.values) },
  };

  // Runs layers `from` to `to` and returns what each of them gives, in order.
  const run = (network, values, from = 0, to = network.layers.length) => {
    let input = { shape: from ? network.layers[from - 1].output : network.input, values };
    return network.layers.slice(from, to).map((layer) => {
      const output = new Float32Array(count(layer.output));
      KINDS[layer.kind].run(layer, input, output);
      input = { shape: layer.output, values: output };
      return input;
    });
  };

  // How many products one run takes.
  const products = (network) => {
    let [total, shape] = [0, network.input];
    for (const layer of network.layers) {
      const kernel = layer.weights.kernel?.shape;
      if (kernel) total += count(kernel) * (layer.kind === "dense" ? 1 : count((layer.kind === "conv" ? layer.output : shape).slice(0, 2)));
      shape = layer.output;
    }
    return total;
  };

  // One sum of a convolution or a dense layer, taken apart: numbers and weights by window place, for each channel of the input.
  // What lies over the edge counts as zero.
  const oneSum = (layer, input, [y, x, filter]) => {
    const { kernel, bias } = layer.weights;
    const start = bias ? bias.values[filter] : 0;
    if (layer.kind === "dense") {
      const weights = input.values.map((_, from) => kernel.values[from * kernel.shape[1] + filter]);
      return { bias: start, channels: [{ numbers: input.values, weights }] };
    }
    const [rows, columns, channels, filters] = kernel.shape;
    const size = rows * columns;
    const taken = Array.from({ length: channels }, (_, channel) => ({
      numbers: new Float32Array(size),
      weights: Float32Array.from({ length: size }, (__, tap) => kernel.values[(tap * channels + channel) * filters + filter]),
    }));
    overWindow(layer, input, [rows, columns], fits(layer, input, [rows, columns]), y, x, (from, tap) => {
      taken.forEach(({ numbers }, channel) => { numbers[tap] = input.values[from + channel]; });
    });
    return { bias: start, columns, channels: taken };
  };
  const sumOf = ({ numbers, weights }) => numbers.reduce((sum, number, at) => sum + number * weights[at], 0);

  return { KINDS, count, oneSum, products, run, softmax, sumOf };
})();
if (typeof module === "object") module.exports = liveKernels;
