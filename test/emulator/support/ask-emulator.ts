/** Requests to services of the emulator for which the project has no client; nothing like it is sent to AWS. */

const services = {
  sqs: { target: 'AmazonSQS', version: '1.0' },
  logs: { target: 'Logs_20140328', version: '1.1' },
} as const;

/** @throws Error with what the service answered, if it was no success. */
export function askEmulator<Answer>(
  service: keyof typeof services,
  action: string,
  body: object,
): Promise<Answer> {
  const { target, version } = services[service];
  const headers = {
    'content-type': `application/x-amz-json-${version}`,
    'x-amz-target': `${target}.${action}`,
  };
  return send(service, '/', { method: 'POST', headers, body: JSON.stringify(body) });
}

/** The environment variables of a function, changed as it stands. */
export async function setVariables(
  functionName: string,
  variables: Readonly<Record<string, string>>,
): Promise<void> {
  interface Configuration {
    readonly Environment: { readonly Variables: Readonly<Record<string, string>> };
  }
  const path = `/2015-03-31/functions/${functionName}/configuration`;
  const { Environment } = await send<Configuration>('lambda', path, { method: 'GET' });
  const body = { Environment: { Variables: { ...Environment.Variables, ...variables } } };
  await send('lambda', path, { method: 'PUT', body: JSON.stringify(body) });
}

async function send<Answer>(service: string, path: string, init: RequestInit): Promise<Answer> {
  const endpoint = process.env['AWS_ENDPOINT_URL'];
  if (!endpoint) throw new Error('There is no AWS_ENDPOINT_URL. Run these tests by `npm run test:emulator`.');
  const day = new Date().toISOString().slice(0, 10).replaceAll('-', '');
  // Emulators read the service and the region from it, and do not verify it.
  const authorization = `AWS4-HMAC-SHA256 Credential=test/${day}/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`;
  const answer = await fetch(new URL(path, endpoint), {
    ...init,
    headers: { ...(init.headers as Record<string, string>), authorization },
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${service} ${path} answered ${answer.status}: ${text}`);
  return (text === '' ? {} : JSON.parse(text)) as Answer;
}
