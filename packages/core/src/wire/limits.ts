/** Every size that the wire knows, in one table. Sources: the design's figures, unless a line says otherwise. */
export const wireLimits: {
  readonly frameBytes: number;
  readonly inlineBytes: number;
  readonly recordBytes: number;
  readonly valueBytes: number;
  readonly stateBytes: number;
  readonly keyBytes: number;
  readonly depth: number;
  readonly items: number;
  readonly mapKeyBytes: number;
  readonly recordsPerFrame: number;
  readonly signalBytes: number;
  readonly proofBytes: number;
  readonly peersPerList: number;
  readonly idsPerList: number;
  readonly rungsPerLadder: number;
  readonly idsPerTopic: number;
  readonly cellsPerTopic: number;
  readonly chunkBytes: number;
  readonly fetchBytes: number;
} = {
  /** Largest frame on a link, bytes. A quarter of what every WebRTC stack carries (262,144). */
  frameBytes: 65_536,
  /** Largest record in a push or a delta, signature included, bytes. What is larger is offered, and pulled in chunks. */
  inlineBytes: 16_384,
  /** Largest record, bytes. */
  recordBytes: 263_168,
  /** Largest encoded value of a presence or an event, bytes. Leaves room for header, key and signature. */
  valueBytes: 12_288,
  /** Largest encoded value of the state, bytes: four of them are all that one author may keep. */
  stateBytes: 262_144,
  /** Longest key of a record in UTF-8, bytes. Guess: a path of a few segments. */
  keyBytes: 256,
  /** Deepest nesting of arrays and maps. */
  depth: 16,
  /** Most CBOR items in one frame or record body. */
  items: 4_096,
  /** Longest key of a map inside a value, UTF-8 bytes. */
  mapKeyBytes: 64,
  /** Most records in one PUSH or DELTA. */
  recordsPerFrame: 256,
  /** Largest signal (offer, answer, neighbour request) carried by server or mesh, bytes. */
  signalBytes: 9_216,
  /** Largest vouch inside an accusation, bytes: it has about 215. */
  proofBytes: 512,
  /** Most peers named in a shuffle or a refusal. */
  peersPerList: 16,
  /** Most record ids in one list. */
  idsPerList: 1_024,
  /** Most ranges compared in one topic of a SYNC: each is twice the one before. */
  rungsPerLadder: 32,
  /** Most ids in one topic of a SYNC. The largest topic is below 4 KiB: a heartbeat waits for no longer a frame. */
  idsPerTopic: 768,
  /** Most cells of a sketch in one topic of a SYNC. */
  cellsPerTopic: 480,
  /** Most bytes of a large record in one CHUNK: what waits behind it waits no longer than behind a DELTA. */
  chunkBytes: 4_096,
  /** Most that one FETCH asks for, bytes: a round trip for each is little, and so is what is sent in vain. */
  fetchBytes: 65_536,
};
