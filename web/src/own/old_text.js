// Text whose encoding nobody wrote down, as the names in zips: old_text.py says how it is told, and reads the same. (The code
// pages of browsers have a few rare signs that Python's lack.)

const [LIKELY, RARE, ODD] = [0.95, 0.4, 0.1];
const COMMON_LATIN = "äöüßéèêëàâáíóúñçãåøæîïôûùœ";
const COMMON_HANGUL = new Set(
    "가각간갈감강개거건걸검게겨결경계고곡곤골공과관광교구국군굴궁권귀그근글금기김길까꽃나날남내너네녀년노놀농누눈뉴는늘니다단달담당대더도독돌동되두둘뒤드득든들등디따딸땅때라락란람랑래러런레려력련령로록론료" +
    "루류르른름리린림마만말망매머먼메면명모목몰무문물미민밀바박반발밤방배백버번벌범별병보복본봄봉부북분불비빛빵사산살삼상새색생서석선설성세셀소속손송쇼수순술숲스슬습승시식신실심아악안알암앙애야약양어억언얼" +
    "엄업없에여역연열염영예오옥온올옷와완왕외요용우욱운울움워원월위유육윤융으은을음의이인일임입있자작잔잠장재저적전절점정제조족졸종좌주죽준중즈증지직진질집짜차착찬참창채책처천철첫청체초촌총최추축출충치친카" +
    "커컴코콘크큰클키타태터테토통투트특티파판팔패퍼페편평포폴표푸풍품프피필하학한할함합항해행향허험현형호혼홍화환활황회획효후휴흐흥희히힘더산샷토끼고양강아지",
);
const [LAST_COMMON_SJIS, LAST_COMMON_GBK, LAST_COMMON_BIG5] = [0x98, 0xd7, 0xc6]; // lead bytes of the signs one learns first
const SCRIPTS = ["Latin", "Greek", "Cyrillic", "Armenian", "Hebrew", "Arabic"].map((name) => new RegExp(`\\p{Script=${name}}`, "u"));
// The upper halves of code pages that browsers do not have, or not all programs that run scripts.
const UPPER = {
  cp437:
    "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0",
  cp850:
    "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u00ad±‗¾¶§÷¸°¨·¹³²■\u00a0",
  cp1252:
    "€\ufffd‚ƒ„…†‡ˆ‰Š‹Œ\ufffdŽ\ufffd\ufffd‘’“”•–—˜™š›œ\ufffdžŸ\u00a0¡¢£¤¥¦§¨©ª«¬\u00ad®¯°±²³´µ¶·¸¹º»¼½¾¿ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõö÷øùúûüýþÿ",
};
const LABELS = { cp866: "ibm866", cp932: "shift_jis", gbk: "gbk", cp949: "euc-kr", big5: "big5" };
const NO_LETTER = /[\ufffd\ue000-\uf8ff]/; // unused, or for everybody's own signs

const MANY = 3; // letters: of three Chinese or Korean signs, one case in thousands gives as many Latin letters
const APOSTROPHES = "ʻʼ"; // that are letters

const isAscii = (letter) => letter < "\u0080";
const strict = (label) => new TextDecoder(label, { fatal: true, ignoreBOM: true });
const DECODERS = Object.fromEntries(Object.entries(LABELS).map(([encoding, label]) => [encoding, strict(label)]));

// ---- Letters and their bytes

/** The letters of a text, each with its `code`, the bytes that it is written with; null: it is not in that encoding. */
function lettersOf(bytes, encoding) {
  try {
    return encoding === "utf-8" ? unicodeLetters(bytes) : codedLetters(bytes, encoding);
  } catch {
    return null;
  }
}

function unicodeLetters(bytes) {
  const encoder = new TextEncoder();
  const text = strict("utf-8").decode(bytes).normalize("NFC"); // macOS writes accents apart
  return Array.from(text, (letter) => ({ letter, code: encoder.encode(letter) }));
}

function codedLetters(bytes, encoding) {
  const letters = [];
  for (let at = 0; at < bytes.length; ) {
    const code = bytes.subarray(at, at + sizeAt(bytes[at], encoding));
    letters.push({ letter: letterOf(code, encoding), code });
    at += code.length;
  }
  return letters;
}

/** How many bytes a letter has that begins with this one. */
function sizeAt(byte, encoding) {
  if (byte < 0x80 || UPPER[encoding] || encoding === "cp866") return 1;
  return encoding === "cp932" && byte >= 0xa1 && byte <= 0xdf ? 1 : 2;
}

function letterOf(code, encoding) {
  if (code[0] < 0x80) return String.fromCharCode(code[0]);
  const letter = UPPER[encoding]?.[code[0] - 0x80] ?? DECODERS[encoding].decode(code);
  if (Array.from(letter).length !== 1 || NO_LETTER.test(letter)) throw new RangeError("no letter");
  return letter;
}

// ---- How much it looks like writing

/** The encoding that texts of one origin, as bytes, are most likely in; of equally plausible ones `usual`. */
export function encodingOf(texts, usual) {
  const foreign = new Map(texts.filter((text) => text.some((byte) => byte > 127)).map((text) => [text.join(), text]));
  if (!foreign.size || areLatin([...foreign.values()])) return "utf-8";
  let best = { encoding: "utf-8", order: [-1] };
  for (const [encoding, judge] of Object.entries(JUDGES)) {
    const order = [plausibility([...foreign.values()], encoding, judge), Number(encoding === "utf-8"), Number(encoding === usual)];
    const differs = order.findIndex((it, at) => it !== best.order[at]);
    if (differs >= 0 && !(order[differs] < best.order[differs])) best = { encoding, order };
  }
  return best.encoding;
}

/** A text in this encoding, else in UTF-8; what is no letter there either is replaced. */
export function decode(bytes, encoding) {
  const letters = encoding === "utf-8" ? null : lettersOf(bytes, encoding);
  return letters ? letters.map(({ letter }) => letter).join("") : new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

/** Mean over all letters that are not ASCII, each as heavy as it has bytes; a text that cannot be read is odd. */
function plausibility(texts, encoding, judge) {
  let [total, weight] = [0, 0];
  for (const text of texts) {
    const letters = lettersOf(text, encoding);
    if (!letters) {
      weight += text.length;
      continue;
    }
    const scores = judge(letters);
    for (const [at, { letter, code }] of letters.entries()) {
      if (isAscii(letter)) continue;
      total += code.length * scores[at];
      weight += code.length;
    }
  }
  return weight ? total / weight : 1; // all that is left is ASCII, as of the sign for Kelvin
}

/** Places [from, to) of words: letters without digits between. */
function wordsOf(letters) {
  const words = [];
  for (let at = 0, from = 0; at <= letters.length; at += 1) {
    if (at < letters.length && /[\p{L}\p{Nl}\p{No}]/u.test(letters[at].letter)) continue;
    if (at > from) words.push([from, at]);
    from = at + 1;
  }
  return words;
}

const wordIn = (letters, [from, to]) => letters.slice(from, to).map(({ letter }) => letter);

/** Whether they are UTF-8 of Latin letters alone, and of so many that another encoding hardly gives that by chance. */
function areLatin(texts) {
  const whole = texts.map((text) => lettersOf(text, "utf-8"));
  if (whole.includes(null)) return false;
  const foreign = whole.flat().map(({ letter }) => letter).filter((letter) => !isAscii(letter));
  return foreign.length >= MANY && foreign.every((letter) => /\p{L}/u.test(letter) && isOfLatin(letter));
}

function unicode(letters) {
  const scores = letters.map(({ letter }) => (isClear(letter) ? 1 : ODD));
  for (const place of wordsOf(letters)) {
    const score = unicodeWord(wordIn(letters, place));
    for (let at = place[0]; at < place[1]; at += 1) scores[at] = Math.max(scores[at], score);
  }
  return scores;
}

/** Whether UTF-8 has three bytes for it or more, which are hardly so by chance, or it is a sign like © or °. */
const isClear = (letter) => letter > "\u07ff" || (letter >= "\u00a0" && letter < "\u00c0") || /\p{M}/u.test(letter);

const scriptOf = (letter) => (/[ªº]/.test(letter) ? -1 : SCRIPTS.findIndex((script) => script.test(letter)));

function unicodeWord(word) {
  const foreign = word.filter((letter) => !isAscii(letter));
  const scripts = new Set(foreign.filter((letter) => !APOSTROPHES.includes(letter)).map(scriptOf));
  const plain = word.length - foreign.length;
  const isLatin = scripts.size === 1 && scripts.has(0);
  if ((isLatin || plain) && foreign.every(isOfLatin)) return plain ? 1 : 0.5;
  return scripts.size === 1 && !plain && word.length > 1 && !isLatin ? 1 : ODD;
}

/** Whether a letter is of those that European languages, Vietnamese, Azerbaijani, Uzbek or Hawaiian need. */
const isOfLatin = (letter) => letter < "\u0250" || letter === "ə" || APOSTROPHES.includes(letter) || (letter >= "\u1e00" && letter < "\u1f00");

/** Judges each sign by itself; in the midst of a plain word there is none. */
const bySigns = (sign) => (letters) => {
  const scores = letters.map(({ letter, code }) => (isAscii(letter) ? 0 : sign(letter, code)));
  for (const place of withinWords(letters)) scores.fill(ODD, ...place);
  return scores;
};

/** Places [from, to) of signs with a plain letter before them and a small one behind. */
function withinWords(letters) {
  const places = [];
  for (let at = 1, from = 0; at < letters.length; at += 1) {
    const [before, here] = [letters[at - 1].letter, letters[at].letter];
    if (isAscii(before) && !isAscii(here)) from = /[A-Za-z]/.test(before) ? at : 0;
    if (!isAscii(before) && isAscii(here) && from && /[a-z]/.test(here)) places.push([from, at]);
  }
  return places;
}

function japaneseSign(letter, [lead]) {
  if ((letter >= "\u3041" && letter <= "\u30ff") || letter === "々") return LIKELY;
  if (lead >= 0x88 && lead <= LAST_COMMON_SJIS) return 0.85;
  return letter >= "\u4e00" && letter <= "\u9fff" ? RARE : ODD;
}

function chineseSign(_, [lead, trail]) {
  if (!(trail >= 0xa1) || lead < 0xa3) return ODD;
  if (lead >= 0xb0 && lead <= LAST_COMMON_GBK) return 0.9;
  return lead > LAST_COMMON_GBK ? RARE : ODD;
}

/** Nearly every two bytes of Chinese are a syllable of Korean too, but seldom one that is often written. */
function koreanSign(letter) {
  if (COMMON_HANGUL.has(letter)) return LIKELY;
  return letter >= "가" && letter <= "힣" ? 0.8 : ODD;
}

function taiwaneseSign(_, [lead]) {
  if (lead >= 0xa4 && lead <= LAST_COMMON_BIG5) return 0.85;
  return lead > LAST_COMMON_BIG5 ? RARE : ODD;
}

/** Judges letters by the words that they are in: of small letters, with a capital first, or all in capitals. */
const byWords = (judge) => (letters) => {
  const scores = letters.map(() => ODD);
  for (const place of wordsOf(letters)) {
    const word = wordIn(letters, place);
    if (word.length === 1 || isSmall(word.slice(1).join("")) || isCapital(word.join(""))) scores.fill(judge(word), ...place);
  }
  return scores;
};

const isSmall = (text) => text === text.toLowerCase() && text !== text.toUpperCase();
const isCapital = (text) => text === text.toUpperCase() && text !== text.toLowerCase();

function russianWord(word) {
  if (!word.every((letter) => /\p{Script=Cyrillic}/u.test(letter))) return ODD;
  if (word.length < 3) return 0.2;
  return isCapital(word.join("")) ? 0.8 : LIKELY;
}

/** Most letters of a word are plain ones. */
function latinWord(word) {
  const foreign = word.filter((letter) => !isAscii(letter));
  if (!foreign.every((letter) => scriptOf(letter) === 0)) return ODD;
  const plain = word.length - foreign.length;
  if (word.length === 1) return COMMON_LATIN.includes(word[0]) ? 0.7 : ODD;
  const score = plain >= 1.5 * foreign.length ? LIKELY : plain >= foreign.length ? 0.5 : 0.35;
  return foreign.every((letter) => COMMON_LATIN.includes(letter.toLowerCase())) ? score : 0.9 * score;
}

const JUDGES = {
  "utf-8": unicode,
  cp437: byWords(latinWord),
  cp850: byWords(latinWord),
  cp1252: byWords(latinWord),
  cp866: byWords(russianWord),
  cp932: bySigns(japaneseSign),
  gbk: bySigns(chineseSign),
  cp949: bySigns(koreanSign),
  big5: bySigns(taiwaneseSign),
};
