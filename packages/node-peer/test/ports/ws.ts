/** `ws` for tests of packages that do not depend on it. */
export { type WebSocket, WebSocketServer } from 'ws';
