// A grey picture as Pillow blurs it: three means one after the other, each of a window with a fraction of a pixel.

const { fround, floor, sqrt, trunc } = Math;

const PASSES = 3;

/** Blurred as if by a Gaussian of this standard deviation; at the ends the last level goes on. */
export function softened(picture, deviation) {
  const radius = radiusFor(deviation);
  let { data } = picture;
  for (let pass = 0; pass < PASSES; pass += 1) data = averaged(data, picture, radius, 1);
  for (let pass = 0; pass < PASSES; pass += 1) data = averaged(data, picture, radius, picture.width);
  return { ...picture, data };
}

/** Gwosdek et al., "Theoretical foundations of Gaussian convolution by extended box filtering", 2011, in single precision. */
function radiusFor(deviation) {
  const variance = fround((deviation * deviation) / PASSES);
  const length = fround(sqrt(12 * variance + 1));
  const whole = floor((length - 1) / 2);
  const rest = fround((2 * whole + 1) * (whole * (whole + 1) - 3 * variance));
  return fround(whole + fround(rest / (6 * (variance - (whole + 1) ** 2))));
}

/** The means along rows (`step` 1) or columns (`step` the width). */
function averaged(data, { width, height }, radius, step) {
  const reach = trunc(radius);
  const inner = trunc(fround(2 ** 24 / fround(radius * 2 + 1)));
  const outer = floor((2 ** 24 - (reach * 2 + 1) * inner) / 2);
  const [lines, length, apart] = step === 1 ? [height, width, width] : [width, height, 1];
  const result = new Uint8Array(data.length);
  for (let line = 0; line < lines; line += 1) {
    const at = (place) => data[line * apart + Math.min(length - 1, Math.max(0, place)) * step];
    for (let place = 0; place < length; place += 1) {
      let sum = 0;
      for (let offset = -reach; offset <= reach; offset += 1) sum += at(place + offset);
      const ends = at(place - reach - 1) + at(place + reach + 1);
      result[line * apart + place * step] = floor((sum * inner + ends * outer + 2 ** 23) / 2 ** 24);
    }
  }
  return result;
}
