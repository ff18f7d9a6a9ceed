/** Authenticated WebRTC links: the `Links` port of a host, for browsers and (with injected constructors) for Node. */
export type { RtcConstructors } from './channel.ts';
export {
  createWebRtcLinks,
  DEFAULT_LINK_LIMITS,
  type DialRefusal,
  type LinkLimits,
  type LinkReason,
  type WebRtcLinks,
  type WebRtcOptions,
} from './links.ts';
export { sealSignals } from './sealed-signals.ts';
