/** A mistake of whoever runs the server, or a wish that cannot be met. `code` is stable; the message says what to do. */
export class SignalingServerError extends Error {
  readonly code: SignalingServerErrorCode;
  constructor(code: SignalingServerErrorCode, message: string) {
    super(message);
    this.name = 'SignalingServerError';
    this.code = code;
  }
}

export type SignalingServerErrorCode = 'bad-option' | 'address-in-use' | 'listen-failed' | 'already-used';
