import * as z from 'zod/mini'
import { choice, section, text } from './scalars.ts'

/** TLS on the listening side. */
export const tls = section(
  'TLS. Certificates and keys are read again when their files change; on or off, and `clientCertificates`, take effect after a restart.',
  {
    cert: text({
      expected: 'the path of a certificate, or a certificate in PEM',
      description:
        'The certificate, in PEM, with those between it and its root behind it: a path, relative to the folder of this file, or the text itself.',
      examples: ['./server.pem'],
    }),
    key: text({
      expected: 'the path of a private key, or a private key in PEM',
      description: 'Its private key, in PEM: a path, or the text itself, which belongs into a variable.',
      examples: ['./server-key.pem'],
      secret: true,
    }),
    passphrase: z.exactOptional(
      text({ expected: 'a passphrase', description: 'What opens the key, where it is encrypted.', secret: true }),
    ),
    clientCertificates: z.prefault(
      choice(['none', 'request', 'require'], {
        description:
          'Whether clients show a certificate of `ca`. `request`: who shows none may come in too, but nobody with a wrong one. Keys are checked in any case.',
      }),
      'none',
    ),
    ca: z.exactOptional(
      text({
        expected: 'the path of certificates, or certificates in PEM',
        description: 'Who signs certificates of clients, in PEM: a path, or the text itself.',
        examples: ['./clients-ca.pem'],
      }),
    ),
    minVersion: z.prefault(choice(['1.2', '1.3'], { description: 'The oldest version of TLS that is spoken.' }), '1.2'),
  },
)
