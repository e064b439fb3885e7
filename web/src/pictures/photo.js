// From a photo of any size to what the encoder sees of it, as preparation.py and opening.py make it. Photos are decoded by
// the browser, as pictures of four channels.

import { BICUBIC, reduced, resized } from "./scaling.js";

const GAP = 2; // a photo is first reduced to twice the size that is wanted, at least
const WORKING_SIDE = 1024; // of larger pictures a fraction is taken whose longest side is at least this

/** Four channels as three, on paper of a grey level; very large pictures are reduced. */
export function onPaper({ width, height, data }, grey = 255) {
  const colours = new Uint8Array(width * height * 3);
  for (let at = 0, to = 0; at < data.length; at += 4) {
    const opacity = data[at + 3];
    for (let channel = 0; channel < 3; channel += 1, to += 1) {
      colours[to] = opacity === 255 ? data[at + channel] : mixed(data[at + channel], grey, opacity);
    }
  }
  const picture = { width, height, data: colours, channels: 3 };
  const factor = Math.floor(Math.max(width, height) / WORKING_SIDE);
  return factor < 2 ? picture : reduced(picture, factor);
}

/** A level over another, in whole numbers as Pillow has them. */
function mixed(level, below, opacity) {
  const sum = (level * opacity + below * (255 - opacity)) * 128 + 128 * 128;
  return ((sum >> 8) + sum) >> 8 >> 7;
}

/** The whole photo squeezed to a square, three channels. */
export function preparePhoto(photo, size) {
  const picture = onPaper(photo);
  const { width, height } = picture;
  const [across, down] = [width, height].map((side) => Math.max(1, Math.trunc(side / size / GAP)));
  const small = across > 1 || down > 1 ? reduced(picture, across, down) : picture;
  return resized(small, size, size, BICUBIC, [0, 0, width / across, height / down]);
}
