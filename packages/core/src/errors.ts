/** A caller's mistake, or a wish that cannot be met. `code` is stable; the message says what to do. */
export class HearsayError extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message: string) {
    super(message);
    this.name = 'HearsayError';
    this.code = code;
  }
}

export type ErrorCode =
  | 'bad-config'
  | 'bad-room'
  | 'bad-identity'
  | 'key-invalid'
  | 'value-unsupported'
  | 'value-too-large'
  | 'quota-exceeded'
  | 'too-many-pending'
  | 'forbidden-by-policy'
  | 'room-left'
  | 'no-webrtc'
  | 'no-crypto'
  | 'signaling-unreachable'
  | 'signaling-refused'
  | 'timeout'
  | 'aborted'
  | 'storage-failed'
  | 'scenario-invalid';
