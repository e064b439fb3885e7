// Text whose encoding nobody wrote down, as the names in zips: old_text.py says how it is told, and reads the same.

import { isAscii, lettersOf } from "./code_pages.js";

const [LIKELY, RARE, ODD] = [0.95, 0.4, 0.1];
const COMMON_LATIN = "äöüßéèêëàâáíóúñçãåøæîïôûùœ";
const ITALIAN_ENDS = "ìòù"; // common as the last letter of a word
const COMMON_CENTRAL = "ąćęłńóśźżáčďéěíňřšťúůýžöőüűäôß";
const COMMON_TURKISH = "çğıöşüâîi̇";
const COMMON_HANGUL = new Set(
    "가각간갈감강개거건걸검게겨결경계고곡곤골공과관광교구국군굴궁권귀그근글금기김길까꽃나날남내너네녀년노놀농누눈뉴는늘니다단달담당대더도독돌동되두둘뒤드득든들등디따딸땅때라락란람랑래러런레려력련령로록론료" +
    "루류르른름리린림마만말망매머먼메면명모목몰무문물미민밀바박반발밤방배백버번벌범별병보복본봄봉부북분불비빛빵사산살삼상새색생서석선설성세셀소속손송쇼수순술숲스슬습승시식신실심아악안알암앙애야약양어억언얼" +
    "엄업없에여역연열염영예오옥온올옷와완왕외요용우욱운울움워원월위유육윤융으은을음의이인일임입있자작잔잠장재저적전절점정제조족졸종좌주죽준중즈증지직진질집짜차착찬참창채책처천철첫청체초촌총최추축출충치친카" +
    "커컴코콘크큰클키타태터테토통투트특티파판팔패퍼페편평포폴표푸풍품프피필하학한할함합항해행향허험현형호혼홍화환활황회획효후휴흐흥희히힘더산샷토끼고양강아지",
);
// Lead bytes of the signs one learns first.
const [LAST_COMMON_SJIS, LAST_COMMON_EUC, LAST_COMMON_GBK, LAST_COMMON_BIG5] = [0x98, 0xcf, 0xd7, 0xc6];
const SCRIPTS = ["Latin", "Greek", "Cyrillic", "Armenian", "Hebrew", "Arabic"].map((name) => new RegExp(`\\p{Script=${name}}`, "u"));
const MANY = 3; // letters: of three Chinese or Korean signs, one case in thousands gives as many Latin letters
const APOSTROPHES = "ʻʼ"; // that are letters

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

/** Judges each sign by itself; in the midst of a plain word there is none, and seldom one right before it. */
const bySigns = (sign) => (letters) => {
  const scores = letters.map(({ letter, code }, at) => (isAscii(letter) ? 0 : sign(letter, code) * (isBeforePlain(letters, at) ? 0.5 : 1)));
  for (const place of withinWords(letters)) scores.fill(ODD, ...place);
  return scores;
};

const isBeforePlain = (letters, at) => at + 1 < letters.length && /^[a-z]$/.test(letters[at + 1].letter);

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
function koreanSign(letter, [lead, trail]) {
  if (COMMON_HANGUL.has(letter)) return LIKELY;
  return letter >= "가" && letter <= "힣" && lead >= 0xb0 && trail >= 0xa1 ? 0.8 : ODD;
}

function taiwaneseSign(_, [lead]) {
  if (lead >= 0xa4 && lead <= LAST_COMMON_BIG5) return 0.85;
  return lead > LAST_COMMON_BIG5 ? RARE : ODD;
}

/** Nearly every two bytes of Chinese are a sign here too; kana tell. */
function unixJapaneseSign(letter, [lead]) {
  if ((letter >= "\u3041" && letter <= "\u30ff") || letter === "々") return LIKELY;
  return lead >= 0xb0 && lead <= LAST_COMMON_EUC ? 0.74 : ODD;
}

/** Judges letters by the words that they are in: of small letters, with a capital first, or all in capitals. */
const byWords = (judge) => (letters) => {
  const scores = letters.map(() => ODD);
  for (const place of wordsOf(letters)) {
    const word = wordIn(letters, place);
    const whole = word.join("");
    if (word.length === 1 || isSmall(word.slice(1).join("")) || isCapital(whole) || whole.toLowerCase() === whole.toUpperCase()) {
      scores.fill(judge(word), ...place);
    }
  }
  return scores;
};

const isSmall = (text) => text === text.toLowerCase() && text !== text.toUpperCase();
const isCapital = (text) => text === text.toUpperCase() && text !== text.toLowerCase();
const small = (word) => Array.from(word.join("").toLowerCase());
const has = (word, letters) => word.some((letter) => letters.includes(letter));

/** How much of a word is of these letters. */
const share = (word, letters) => word.filter((letter) => letters.includes(letter)).length / word.length;

function cyrillicWord(word) {
  const letters = small(word);
  if (!letters.every((letter) => /\p{Script=Cyrillic}/u.test(letter)) || "ъьы".includes(letters[0])) return ODD;
  if (letters.length < 3 || !has(letters, "аеёиоуыэюяіїє")) return 0.2;
  return (isCapital(word.join("")) ? 0.8 : LIKELY) * (0.6 + 0.4 * share(letters, "оеаинтсрвлкмдпуяьгі"));
}

function greekWord(word) {
  const letters = small(word);
  const isCapitals = isCapital(word.join(""));
  if (!letters.every((letter) => /\p{Script=Greek}/u.test(letter)) || has(letters.slice(0, -1), "ς")) return ODD;
  if (letters.at(-1) === "σ" && !isCapitals) return ODD;
  const accents = letters.filter((letter) => "άέήίόύώΐΰ".includes(letter)).length;
  if (letters.length < 3 || !has(letters, "αεηιουωάέήίόύώ") || accents > 1) return 0.2;
  return (isCapitals ? 0.7 : 0.85) * (0.6 + 0.4 * share(letters, "αοιετσνηυρπκλμςάέήίόύώ"));
}

/** Five letters are written in another way at the end of a word, and only there. */
function hebrewWord(word) {
  if (!word.every((letter) => /\p{Script=Hebrew}/u.test(letter))) return ODD;
  if (has(word.slice(0, -1), "ךםןףץ") || "כמנפצ".includes(word.at(-1))) return ODD;
  return word.length > 1 ? 0.75 : 0.2;
}

/** Most letters of a word are plain ones, and the others of those that are common, or are so as its last one. */
const latin = (common, ends = "") =>
  byWords((word) => {
    const foreign = word.filter((letter) => !isAscii(letter));
    if (!foreign.every((letter) => scriptOf(letter) === 0)) return ODD;
    const plain = word.length - foreign.length;
    if (word.length === 1) return COMMON_LATIN.includes(word[0]) ? 0.7 : ODD;
    const score = plain >= 1.5 * foreign.length ? LIKELY : plain >= foreign.length ? 0.5 : 0.35;
    const areCommon = small(word.slice(0, -1)).every((letter) => isAscii(letter) || common.includes(letter));
    const last = word.at(-1);
    return areCommon && (isAscii(last) || (common + ends).includes(last.toLowerCase())) ? score : 0.9 * score;
  });

// Of encodings in which texts look equally like writing the first is taken.
const JUDGES = {
  "utf-8": unicode,
  cp437: latin(COMMON_LATIN, ITALIAN_ENDS),
  cp850: latin(COMMON_LATIN, ITALIAN_ENDS),
  cp1252: latin(COMMON_LATIN, ITALIAN_ENDS),
  cp857: latin(COMMON_TURKISH),
  cp1254: latin(COMMON_TURKISH),
  cp852: latin(COMMON_CENTRAL),
  cp1250: latin(COMMON_CENTRAL),
  cp866: byWords(cyrillicWord),
  cp1251: byWords(cyrillicWord),
  "koi8-r": byWords(cyrillicWord),
  cp737: byWords(greekWord),
  cp1253: byWords(greekWord),
  cp862: byWords(hebrewWord),
  cp1255: byWords(hebrewWord),
  cp932: bySigns(japaneseSign),
  gbk: bySigns(chineseSign),
  cp949: bySigns(koreanSign),
  big5: bySigns(taiwaneseSign),
  euc_jp: bySigns(unixJapaneseSign),
};
