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
