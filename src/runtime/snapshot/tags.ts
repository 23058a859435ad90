/** Numbers of the format: see docs/internals/snapshot.md. They are never used for something else again. */
export const formatVersion = 1;
export const magic = [0x43, 0x4e, 0x54, 0x4e] as const;
export const modeValue = 0;
export const modeCheckpoint = 1;
export type Mode = typeof modeValue | typeof modeCheckpoint;

/**
 * First byte of a value. Below `more` the low bits are part of the value, so that what is frequent takes one byte:
 * small integers, short texts, objects of the first shapes, short arrays.
 */
export const tags = {
  /** 0 .. 63 */
  integer: 0x00,
  /** A text not met before, with its length in UTF-16 units, 0 .. 31. */
  text: 0x40,
  /** A new object of shape 0 .. 15. */
  shaped: 0x60,
  /** A new array of length 0 .. 15. */
  array: 0x70,
  /** 64 .. 8255: five bits and a byte. */
  integer13: 0x80,
  /** A text of length 32 .. 4127: four bits and a byte. */
  text12: 0xa0,
  /** A text met before, number 0 .. 4095: four bits and a byte. */
  textAgain12: 0xb0,
  undefined: 0xc0,
  null: 0xc1,
  false: 0xc2,
  true: 0xc3,
  uninitialized: 0xc4,
  hole: 0xc5,
  again: 0xc6,
  double: 0xc7,
  float: 0xc8,
  /** 8256 + n */
  positive: 0xc9,
  /** -1 - n */
  negative: 0xca,
  /** 4128 + n */
  textLong: 0xcb,
  textAgainLong: 0xcc,
  bigint: 0xcd,
  /** An object met before. */
  object: 0xce,
  /** What stands in the table of code. */
  code: 0xcf,
  shapedLong: 0xd0,
  arrayLong: 0xd1,
  /** A new object of any other kind, and the same with extras. */
  kind: 0xd2,
  kindWithExtras: 0xd3,
  /** What follows is a new object whose contents come later. */
  deferred: 0xd4,
} as const;

/** Below these, a number is written with its tag. */
export const inline = {
  integer: 64,
  integer13: 64 + 8192,
  text: 32,
  text12: 32 + 4096,
  textAgain: 4096,
  shape: 16,
  array: 16,
} as const;

/** How deep objects may stand in each other before one is deferred. */
export const depthMax = 64;

export const symbolKinds = { own: 0, wellKnown: 1, registered: 2 } as const;
export const extrasFlag = 0x80;
export const extras = { prototype: 1, fixed: 2, hidden: 4, lost: 8 } as const;
export const attributes = { writable: 1, enumerable: 2, configurable: 4, accessor: 8 } as const;

/** What the objects of a shape are made of: Object.prototype, nothing, the prototype of a class in the table of code. */
export const bases = { plain: 0, nothing: 1, class: 2 } as const;

/** Kinds of objects. */
export const kinds = {
  shaped: 1,
  environment: 3,
  array: 4,
  sparse: 5,
  map: 6,
  set: 7,
  date: 8,
  regexp: 9,
  buffer: 10,
  view: 11,
  error: 12,
  boxed: 13,
  url: 14,
  searchParams: 15,
  closure: 16,
  bound: 17,
  member: 18,
  prototype: 19,
  named: 20,
  constant: 21,
  moduleValue: 22,
  record: 23,
  namespace: 24,
  frame: 25,
  promise: 26,
  registered: 28,
  saveable: 29,
  arguments: 30,
  domException: 31,
  symbol: 32,
  site: 33,
  layout: 34,
  frameReaction: 40,
  thenReaction: 41,
  adoptReaction: 42,
  reactionJob: 43,
  thenableJob: 44,
  callJob: 45,
  timer: 46,
  listIterator: 47,
  textIterator: 48,
  collectionIterator: 49,
  protocolIterator: 50,
  headers: 51,
  headersOfWhole: 52,
  response: 53,
  request: 54,
  formData: 55,
  intl: 56,
  locale: 57,
  weakRef: 58,
  textEncoder: 59,
  generator: 60,
  asyncGenerator: 61,
  queuedRequest: 62,
  returnReaction: 63,
  delegate: 64,
  iterator: 65,
  asyncFromSync: 66,
  generatorPrototype: 67,
  disposals: 68,
  signalState: 70,
  effectWait: 71,
  cancellation: 72,
  part: 73,
  urlOfParams: 74,
  paramsOfUrl: 75,
  matches: 76,
  proxy: 77,
  elementReaction: 78,
  weakMap: 79,
  weakSet: 80,
  weakEntries: 81,
  tickJob: 82,
  carryingFrame: 83,
} as const;

/** In what order the decoder makes the code that cannot stand alone. */
export const stages = { links: 0, closures: 1, members: 2, generatorPrototypes: 3 } as const;
export const stageCount = 4;

export const wellKnownSymbols = Object.getOwnPropertyNames(Symbol).filter(
  (name) => typeof (Symbol as unknown as Record<string, unknown>)[name] === "symbol",
);

/** Read where an array has no element. */
export const hole = Symbol("hole");
/** Read where a constant of a module is to be made again. */
export const again = Symbol("again");

/** Bytes that a buffer may have or grow to (docs/internals/snapshot.md): the engine reserves them at once. */
export const bufferBytesMax = 2 ** 29;
