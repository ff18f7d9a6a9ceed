export { HearsayError } from '../errors.ts';
export type { Delivery, Input } from '../input.ts';
export type { MonoMs, Now, PeerId, RecordId, Via, WallMs } from '../types.ts';
export { createHost, type Host, type HostOptions } from './host.ts';
export type {
  Clock,
  Crypto,
  LinkInput,
  Links,
  RecordStorage,
  Rendezvous,
  RendezvousInput,
} from './ports.ts';
