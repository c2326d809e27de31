"use strict";

// Pictures of 28 by 28 pixels from 0 to 1: shifted and turned, and made from photos as the data set was made from photos.
const livePictures = (() => {
  const SIDE = 28;
  const MOST_PIXELS = 40e6;
  const WORKING = 280; // the longest edge of a photo while it is worked on

  // Shifted to the right and down, and turned clockwise about the middle; between pixels the four around are mixed.
  const moved = (picture, { right = 0, down = 0, turn = 0 }) => {
    const [middle, angle] = [(SIDE - 1) / 2, (turn * Math.PI) / 180];
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    const at = (x, y) => (x >= 0 && y >= 0 && x < SIDE && y < SIDE ? picture[y * SIDE + x] : 0);
    return Float32Array.from({ length: SIDE * SIDE }, (_, place) => {
      const [across, along] = [(place % SIDE) - middle - right, Math.floor(place / SIDE) - middle - down];
      const [x, y] = [across * cos + along * sin + middle, along * cos - across * sin + middle];
      const [left, top] = [Math.floor(x + 1e-9), Math.floor(y + 1e-9)];
      const [u, v] = [Math.max(x - left, 0), Math.max(y - top, 0)];
      return (1 - v) * ((1 - u) * at(left, top) + u * at(left + 1, top)) + v * ((1 - u) * at(left, top + 1) + u * at(left + 1, top + 1));
    });
  };

  // Width and height as the head of a PNG, JPEG or GIF says, so that a huge photo is refused before it is decoded.
  const sizeOf = (view) => {
    if (view.byteLength < 26) return null;
    if (view.getUint32(0) === 0x89504e47) return [view.getUint32(16), view.getUint32(20)];
    if (view.getUint32(0) === 0x47494638) return [view.getUint16(6, true), view.getUint16(8, true)];
    if (view.getUint16(0) !== 0xffd8) return null;
    for (let at = 2; at + 9 < view.byteLength && view.getUint8(at) === 0xff; at += 2 + view.getUint16(at + 2)) {
      const marker = view.getUint8(at + 1);
      if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
        return [view.getUint16(at + 7), view.getUint16(at + 5)];
      }
    }
    return null;
  };

  const refuseHuge = (name, [width, height]) => {
    if (width * height <= MOST_PIXELS) return;
    const millions = Math.round((width * height) / 1e6);
    throw new liveNetworks.Refused(`“${name}” has ${width} × ${height} pixels, ${millions} megapixels; at most ${MOST_PIXELS / 1e6} are taken. Scale it down first: 28 × 28 are left in any case.`);
  };

  // A file as a picture for the network, with a sentence that says what was done to it.
  const fromFile = async (file) => {
    const size = sizeOf(new DataView(await file.slice(0, 262144).arrayBuffer()));
    if (size) refuseHuge(file.name, size);
    let bitmap;
    try {
      bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
    } catch {
      throw new liveNetworks.Refused(`“${file.name}” is no picture that this browser can read. Choose a JPEG, PNG or WebP file.`);
    }
    refuseHuge(file.name, [bitmap.width, bitmap.height]);
    const scale = Math.min(1, WORKING / Math.max(bitmap.width, bitmap.height));
    const [width, height] = [bitmap.width, bitmap.height].map((edge) => Math.max(1, Math.round(edge * scale)));
    const context = onWhite(width, height);
    context.drawImage(bitmap, 0, 0, width, height);
    bitmap.close();
    return prepared(context, width, height);
  };

  // What is transparent becomes white.
  const onWhite = (width, height) => {
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.imageSmoothingQuality = "high";
    context.fillStyle = "white";
    context.fillRect(0, 0, width, height);
    return context;
  };

  // The recipe of the data set: cut off the ground, scale the longest edge to 28 pixels, centre, make the ground black.
  const prepared = (context, width, height) => {
    const colours = context.getImageData(0, 0, width, height);
    const grey = Float32Array.from({ length: width * height }, (_, at) => {
      const [red, green, blue] = colours.data.subarray(4 * at, 4 * at + 3);
      return (0.299 * red + 0.587 * green + 0.114 * blue) / 255;
    });
    const isBorder = (_, at) => at % width === 0 || at % width === width - 1 || at < width || at >= grey.length - width;
    const border = grey.filter(isBorder).sort();
    const ground = border[border.length >> 1];
    const bright = ground > 0.5;
    const ink = grey.map((each) => Math.max(0, bright ? (ground - each) / ground : (each - ground) / (1 - ground)));
    const box = boxOf(ink, width, height);
    if (!box) throw new liveNetworks.Refused("The picture has one colour all over, so no garment stands out. Put it on a ground that differs in brightness.");
    ink.forEach((each, at) => { colours.data.set([255 * each, 255 * each, 255 * each, 255], 4 * at); });
    context.putImageData(colours, 0, 0);
    const longest = Math.max(box.width, box.height);
    const [across, along] = [box.width, box.height].map((edge) => Math.max(1, Math.round((edge * SIDE) / longest)));
    const small = onWhite(SIDE, SIDE);
    small.fillStyle = "black";
    small.fillRect(0, 0, SIDE, SIDE);
    small.drawImage(context.canvas, box.left, box.top, box.width, box.height, (SIDE - across) >> 1, (SIDE - along) >> 1, across, along);
    const { data } = small.getImageData(0, 0, SIDE, SIDE);
    const words = `Photo: cropped to the garment, ${bright ? "inverted because its ground is bright, " : ""}scaled to 28 × 28 pixels, centred.`;
    return { picture: Float32Array.from({ length: SIDE * SIDE }, (_, at) => data[4 * at] / 255), words };
  };

  // The rows and columns in which more than a speck differs from the ground.
  const boxOf = (ink, width, height) => {
    const [rows, columns] = [new Uint32Array(height), new Uint32Array(width)];
    ink.forEach((each, at) => {
      if (each < 0.1) return;
      rows[Math.floor(at / width)] += 1;
      columns[at % width] += 1;
    });
    const reach = (counts, other) => {
      const filled = (count) => count > other / 100;
      return [counts.findIndex(filled), counts.findLastIndex(filled)];
    };
    const [[top, bottom], [left, right]] = [reach(rows, width), reach(columns, height)];
    return top < 0 || left < 0 ? null : { left, top, width: right - left + 1, height: bottom - top + 1 };
  };

  return { SIDE, fromFile, moved, sizeOf };
})();
