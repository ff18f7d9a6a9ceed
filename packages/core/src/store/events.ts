/** Events: shown to the app once and passed on, never kept. Intake's memory of seen ids makes it once. */
import type { Path, Source } from '../fact.ts';
import type { SignedRecord } from '../identity/record.ts';
import type { Outbox } from '../outbox.ts';
import type { PeerId } from '../types.ts';

export interface Events {
  onRecordAccepted(record: SignedRecord, from: Source, path: Path): void;
}

export function createEvents(self: PeerId, outbox: Outbox): Events {
  return {
    onRecordAccepted(record, from, path) {
      if (record.author !== self) {
        const delivery = { what: 'event', key: record.key, value: record.value, from: record.author } as const;
        outbox.effect({ type: 'deliver', delivery });
      }
      outbox.fact({ type: 'record-stored', record, from, path, kept: false });
    },
  };
}
