/**
 * The part of a WebSocket that the client needs: a browser's, or one that a Node package brings. Events are `never`
 * because each brings its own classes for them; only `data` of a message is read.
 */
export interface SignalingSocket {
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  readonly bufferedAmount: number;
  send(data: string): void;
  close(code?: number, reason?: string): void;
}

export type SignalingSocketConstructor = new (url: string) => SignalingSocket;
