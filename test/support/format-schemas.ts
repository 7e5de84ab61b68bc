/** Schemas of texts that have a form, each with texts that have it, nearly have it, or have another. */

import * as fc from 'fast-check';
import { z } from 'zod';

export interface Formatted {
  readonly schemas: readonly z.ZodType[];
  readonly samples: readonly string[];
}

const TOKEN = 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJhIjoxfQ.abc';

export const formatted: Readonly<Record<string, Formatted>> = {
  url: {
    schemas: [
      z.url(), z.string().url(), z.httpUrl(), z.url({ protocol: /^https?$/ }), z.url({ protocol: /^ftp$/ }), z.url({ hostname: /a\.co$/ }),
      z.url({ normalize: true }), z.url().max(20),
    ],
    samples: [
      'https://example.com/a?b=c#d', 'http:x', 'ftp://a.co', 'HTTP://EXAMPLE.com:80', 'http://1.2.3.4/', 'http://[::1]/', 'https://exämple.de',
      'https://xn--a.de', 'http://a_b.c', 'http://a.1.2.999', 'http://a.co:70000', 'http://u:p@h.de', 'https://a--b.de', 'http://a.b-.co?x\\y',
      'https://a.co#', 'https://localhost', 'https://a.0x1', 'https://a.co /x',
    ],
  },
  addresses: {
    schemas: [z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6(), z.mac(), z.mac({ delimiter: '-' }), z.string().check(z.ipv6())],
    samples: [
      '1.2.3.4', '::1', '::', '2001:db8::8a2e:370:7334', '::ffff:1.2.3.4', '10.0.0.0/8', '2001:db8::/32', '::/0', '1:2:3:4:5:6:7:8', '1::',
      '1:2:3:4:5:6:7::', '::2:3:4:5:6:7:8', '::/129', '::/032', '1:2:3:4:5:6:1.2.3.4', 'fe80::1%1', '00:1A:2B:3C:4D:5E', '00-1a-2b-3c-4d-5e',
    ],
  },
  bytes: {
    schemas: [
      z.base64(), z.base64url(), z.hex(), z.string().base64(), z.hash('md5'), z.hash('sha256'), z.hash('sha256', { enc: 'base64' }),
      z.hash('md5', { enc: 'base64url' }),
    ],
    samples: [
      '', 'YWJj', 'YWI=', 'YQ==', 'YR==', 'YQ', 'YWJ', 'Y===', '====', 'a-_b', 'A+/=', 'abcde', 'deadBEEF', 'd41d8cd98f00b204e9800998ecf8427e',
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=', '1B2M2Y8AsgTpgAmY7PhCfg',
    ],
  },
  ids: {
    schemas: [z.uuid(), z.uuidv4(), z.uuidv7(), z.guid(), z.nanoid(), z.cuid(), z.cuid2(), z.ulid(), z.ksuid(), z.xid()],
    samples: [
      '123e4567-e89b-12d3-a456-426614174000', '123E4567-E89B-42D3-A456-426614174000', '017f22e2-79b0-7cc3-98c4-dc0c0c07398f', 'abc123',
      '00000000-0000-0000-0000-000000000000', 'V1StGXR8_Z5jdHi6B-myT', 'cjld2cyuq0000t3rmniod1foy', '01ARZ3NDEKTSV4RRFFQ69G5FAV',
      '0ujtsYcgvSTl8PAuAdqWYSMnLOv', '9m4e2mr0ui3e8a215n4g',
    ],
  },
  names: {
    schemas: [z.hostname(), z.email(), z.email({ pattern: z.regexes.html5Email }), z.email({ pattern: z.regexes.rfc5322Email }), z.e164(), z.emoji()],
    samples: [
      'example.com', 'a-b.c', 'localhost', 'a.b.', '-a.b', `${'a'.repeat(63)}.de`, `${'a.'.repeat(126)}de`, `${'a.'.repeat(126)}d`,
      `${'a.'.repeat(126)}d.`, 'a@b.co', 'first.last@sub.example.com', '"a b"@x.de', 'ü@x.de', '+491701234567', '👍', '1️⃣',
    ],
  },
  durations: {
    schemas: [z.iso.duration()],
    samples: ['P1Y2M3DT4H5M6S', 'PT0.5S', 'PT1,5S', 'P1W', 'P', 'PT', 'P1DT', 'PT1H', 'P1M', 'P1WT1H', 'P1D2M', 'PT1S2H', 'PT1HS', 'P1Y1D', 'PT1H1S'],
  },
  others: {
    schemas: [
      z.jwt(), z.jwt({ alg: 'RS256' }), z.iban(), z.creditCard(), z.currencyCode(), z.stringFormat('sku', /^[A-Z]{3}-\d+$/), z.stringFormat('even', (v) => v.length % 2 === 0),
      z.stringFormat('url', /^h/i), z.stringFormat('ipv6', (v) => v !== '::1'), z.templateLiteral(['a-', z.int()]), z.string().includes('a', { position: 1 }),
    ],
    samples: [TOKEN, 'DE89370400440532013000', '4111 1111 1111 1111', 'EUR', 'xyz', 'ABC-12', 'abc-1', 'a-12', 'h', '::1'],
  },
  words: {
    schemas: [
      z.string().min(2, 'two at least').regex(/^a/, { error: 'starts with a' }), z.string('a text').max(3), z.email('no address').max(6, 'short'),
      z.enum(['abc', 'ab'], 'of these'), z.string().max(2, ''), z.string().min(2, { error: ({ input }) => `not ${String(input)}` }),
      z.hex({ error: 'hex' }).length(4), z.url('a link'), z.string().min(3, { error: () => undefined }), z.base64({ message: 'base' }).check(z.maxLength(4, 'm')),
    ],
    samples: ['abc', 'ab', 'b', '', 'a@b.co', 'deadBEEF', 'YWJj', 'https://a.co'],
  },
}; // prettier-ignore

const characters = fc.constantFrom(...'aAbZ019 _-.:/+=@%', '\n', '\t', 'é', 'K', '👍', '\u00a0', '٣');

/** A sample as it is, or with a few characters put in, taken out, or in the other case. */
export const nearly = ({ samples }: Formatted): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.constantFrom(...samples),
      fc.array(fc.tuple(fc.nat(), fc.constantFrom('in', 'out', 'for', 'case'), characters), { maxLength: 2 }),
    )
    .map(([sample, changes]) => {
      const text = [...sample];
      for (const [where, how, c] of changes) {
        const at = where % (text.length + 1);
        const old = text[at] ?? '';
        const other = old === old.toUpperCase() ? old.toLowerCase() : old.toUpperCase();
        if (how === 'case') text.splice(at, 1, other);
        else text.splice(at, how === 'in' ? 0 : 1, ...(how === 'out' ? [] : [c]));
      }
      return text.join('');
    });
