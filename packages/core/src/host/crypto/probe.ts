/** Two questions that tell whether a WebCrypto may be trusted with rule U's equation. */
import { fromHex } from '../../lib/bytes.ts';
import { ED25519, type SubtleLike } from './webcrypto.ts';

/**
 * False when the algorithm is missing, and also when this is a lenient library dressed as WebCrypto: one
 * that takes R plus a small-order point would disagree with everyone else's.
 */
export async function computesRuleU(subtle: SubtleLike): Promise<boolean> {
  try {
    return (await answer(subtle, HONEST)) && !(await answer(subtle, R_PLUS_TORSION));
  } catch {
    return false;
  }
}

interface ProbeVector {
  readonly key: string;
  readonly message: string;
  readonly signature: string;
}

async function answer(subtle: SubtleLike, vector: ProbeVector): Promise<boolean> {
  const key = await subtle.importKey('raw', decode(vector.key), ED25519, true, ['verify']);
  return subtle.verify(ED25519, key, decode(vector.signature), decode(vector.message));
}

function decode(hex: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(fromHex(hex)!);
}

const HONEST: ProbeVector = {
  key: '84146ed65d40a6125932568ba3ce70e6e927e190e0745c10c551a95779f61672',
  message: '41c8',
  signature:
    '53cbfa007fba967d15b7e6b9d606d1e42445c2f06c78dd2b43487e06b03cfc30d0eff705d121d59e37360bec04adb6a7acb04a9226686791a6715cbb2b0b140a',
};

const R_PLUS_TORSION: ProbeVector = {
  key: '8f02f4518cd5abe469338d4dcdd229c7cc0ce10ebe37330c53b9701f25c5dcec',
  message: 'f45a8e69454a61921bbbfd8ea206f2231155d094',
  signature:
    '80b83eddd51ac7b8ba9fcba0052b5ae0df2c09a66585a467f6bdd6b8fba3dcc432115f2cceb4acd49acafe96cd664fd1d620b7e20323f682a96b9887320b1a0d',
};
