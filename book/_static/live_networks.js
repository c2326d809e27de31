"use strict";

// Networks as text (helpers/live.py writes them): checked for damage, kinds and shapes before anything runs.
// Also what the edition brings along, as scripts that a page from a disk may load: `liveNetworks.bring(name, content)`.
const liveNetworks = (() => {
  const FORMAT = "fashion-mnist-course network 1";
  const MOST_PRODUCTS = 200e6;
  const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const VALUE = new Uint8Array(128);
  [...DIGITS].forEach((digit, value) => { VALUE[digit.charCodeAt(0)] = value; });

  // What is wrong with a file, in words for the reader.
  class Refused extends Error {}

  const crc32 = (text) => {
    const table = Uint32Array.from({ length: 256 }, (_, byte) => {
      let value = byte;
      for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
      return value;
    });
    let hash = 0xffffffff;
    for (let at = 0; at < text.length; at += 1) hash = table[(hash ^ text.charCodeAt(at)) & 255] ^ (hash >>> 8);
    return ((hash ^ 0xffffffff) >>> 0).toString(16).padStart(8, "0");
  };

  const bytes = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const floats = (base64) => {
    const view = new DataView(bytes(base64).buffer);
    return Float32Array.from({ length: view.byteLength / 4 }, (_, at) => view.getFloat32(at * 4, true));
  };
  // Two letters are a whole number of 12 bits; each place of the last axis has its own scale.
  const scaled = (scales, letters) => Float32Array.from({ length: letters.length / 2 }, (_, at) => {
    const number = VALUE[letters.charCodeAt(2 * at)] * 64 + VALUE[letters.charCodeAt(2 * at + 1)] - 2048;
    return number * scales[at % scales.length];
  });
  const numbersOf = (line = "") => {
    const [kind, first, second] = line.split(" ");
    if (kind === "float32") return floats(first);
    if (kind === "int12") return scaled(floats(first), second);
    throw new Refused(`A line of weights begins with “${kind.slice(0, 20)}”; expected float32 or int12.`);
  };

  const looksLikeNetwork = (text) => text.startsWith("fashion-mnist-course network");

  const read = (text) => {
    const [head, architecture, ...lines] = text.trimEnd().split("\n");
    if (!looksLikeNetwork(head)) {
      throw new Refused("This file holds no network of the course. Write one with helpers.live.export_network(network, path).");
    }
    const [format, noted] = head.trim().split(" crc32 ");
    if (format !== FORMAT) throw new Refused(`The file has the format “${format}”; this page reads “${FORMAT}”. Export it anew.`);
    const found = crc32(text.slice(head.length + 1).trimEnd());
    if (found !== noted) {
      throw new Refused(`The file is damaged: its checksum is ${found}, the first line says ${noted}. Export or copy it anew.`);
    }
    const network = JSON.parse(architecture);
    let next = 0;
    for (const layer of network.layers) {
      for (const [key, shape] of Object.entries(layer.weights)) {
        layer.weights[key] = { shape, values: numbersOf(lines[next]) };
        next += 1;
      }
    }
    return checked({ ...network, hash: noted });
  };

  // The network, after every layer's shape has been computed and compared with what the file says.
  const checked = (network) => {
    const words = (shape) => shape?.join(" × ") ?? "nothing";
    const differs = (one, other) => String(one) !== String(other);
    if (liveKernels.count(network.input) !== 784) {
      throw new Refused(`The network takes ${words(network.input)} numbers; expected 28 × 28 pixels.`);
    }
    let input = { shape: network.input };
    network.layers.forEach((layer, at) => {
      const refuse = (why) => { throw new Refused(`Layer ${at + 1}, ${layer.name}, ${why}`); };
      if (!Object.hasOwn(liveKernels.KINDS, layer.kind)) {
        refuse(`is of the kind “${layer.kind}”, which this page cannot run. It can run: ${Object.keys(liveKernels.KINDS).join(", ")}.`);
      }
      const kind = liveKernels.KINDS[layer.kind];
      if (kind.axes && input.shape.length !== kind.axes) {
        refuse(`gets numbers of shape ${words(input.shape)}; expected ${kind.axes === 3 ? "height × width × channels" : "one row; put a Flatten before it"}.`);
      }
      const expected = kind.weights(layer, input);
      for (const key of Object.keys(expected)) {
        const weight = layer.weights[key];
        if (!weight && key === "bias") continue;
        if (!weight || differs(weight.shape, expected[key])) {
          refuse(`has a ${key} of shape ${words(weight?.shape)}; expected ${words(expected[key])}.`);
        }
        if (weight.values.length !== liveKernels.count(weight.shape)) {
          refuse(`has ${weight.values.length} numbers in its ${key}; expected ${liveKernels.count(weight.shape)}.`);
        }
        if (!weight.values.every(Number.isFinite)) refuse(`has a ${key} with a number that is infinite or none.`);
      }
      const output = kind.shape(layer, input);
      if (differs(output, layer.output) || (layer.kind === "reshape" && liveKernels.count(output) !== liveKernels.count(input.shape))) {
        refuse(`is said to give ${words(layer.output)} numbers, which cannot be: it gets ${words(input.shape)}.`);
      }
      input = { shape: output };
    });
    const products = liveKernels.products(network);
    if (products > MOST_PRODUCTS) {
      throw new Refused(`The network takes ${Math.round(products / 1e6)} million products an image; this page runs up to ${MOST_PRODUCTS / 1e6} million. Use fewer filters.`);
    }
    return network;
  };

  // What scripts beside this one have brought, by name; `load` adds the script and waits for it. A page that is read from a
  // disk may not fetch files, but it may load scripts.
  const brought = {};
  const waiting = {};
  const folder = document.currentScript?.src.replace(/[^/]*$/, "");
  const bring = (name, content) => { brought[name] = content; };
  const load = (name) => {
    waiting[name] ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = `${folder}live_data_${name}.js`;
      script.onload = () => resolve(brought[name]);
      script.onerror = () => {
        delete waiting[name];
        script.remove();
        reject(new Refused(`The file live_data_${name}.js did not arrive. Are you offline? Try again.`));
      };
      document.head.append(script);
    });
    return waiting[name];
  };

  return { Refused, bring, bytes, checked, crc32, load, looksLikeNetwork, read };
})();
