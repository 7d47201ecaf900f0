// The providers' own libraries as judges: a JSON object a line is asked, one a line is answered.
//
//   {"op":"sign","provider","post","url","headers","body","secret","key","now_ms"}   -> {"headers":[[name,value],...]}
//   {"op":"verify", the same}                                                        -> {"accepts":bool}
//   {"op":"answer", a decision (answers.js)}                           -> {"document":text}; null: there is no builder
//   {"op":"text", a text that goes on (answers.js)}                    -> the same
//
// `body` is base64, `headers` an array of pairs. What a library throws is a refusal, and told as `why`.
'use strict';
const crypto = require('crypto');
const querystring = require('querystring');
const readline = require('readline');

const { generateAuthorizationHeader } = require('@sinch/sdk-client');
const sinch = require('@sinch/sdk-core');
const vonage = require('@vonage/jwt');
const jsonwebtoken = require('jsonwebtoken'); // with which @vonage/jwt checks
const messagebird = require('messagebird/lib/webhook-signature-jwt');
const plivo = require('plivo');
const { TelnyxWebhook } = require('telnyx/lib/webhooks');
const twilio = require('twilio');

const answers = require('./answers');

const FORM = 'application/x-www-form-urlencoded';

function header(request, name) {
  const found = request.headers.find(([given]) => given.toLowerCase() === name.toLowerCase());
  return found && found[1];
}

function method(request) {
  return request.post ? 'POST' : 'GET';
}

function isForm(request) {
  return (header(request, 'Content-Type') || '').split(';')[0].trim().toLowerCase() === FORM;
}

// What an application hands on: the fields of a POSTed form; nothing of any other body.
function fields(request) {
  return request.post && isForm(request) ? { ...querystring.parse(request.body.toString()) } : {};
}

// RFC 8410: a raw Ed25519 seed as PKCS #8.
function ed25519(seed) {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.from(seed, 'base64')]);
  return crypto.createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}

// What plivo would have wanted to see: it has no function to sign with.
function plivoWants(request, nonce, v2) {
  const { createHmac } = crypto;
  let wanted;
  crypto.createHmac = (...how) => {
    const mac = createHmac(...how);
    const { digest } = mac;
    mac.digest = (coding) => (wanted = digest.call(mac, coding));
    return mac;
  };
  try {
    if (v2) plivo.validateSignature(request.url, nonce, '', request.secret);
    else plivo.validateV3Signature(method(request), request.url, nonce, request.secret, '', fields(request));
  } finally {
    crypto.createHmac = createHmac;
  }
  return wanted;
}

// Vonage's scheme for a GET: the query as a JSON object of texts.
function payload(request) {
  if (request.post) return request.body;
  const query = request.url.split('?')[1] || '';
  const pairs = [...new URLSearchParams(query)].map((pair) => pair.map((text) => JSON.stringify(text)).join(':'));
  return '{' + pairs.join(',') + '}';
}

function sha256(bytes) {
  return crypto.createHash('sha256').update(bytes).digest('hex');
}

// A token of these claims and what the request adds to them; null takes one away.
function token(request, claims) {
  const all = { ...claims, ...request.claims };
  for (const name of Object.keys(all)) if (all[name] === null) delete all[name];
  const options = { algorithm: request.alg || 'HS256', ...(request.jose && { header: request.jose }) };
  return jsonwebtoken.sign(all, request.secret, { ...options, noTimestamp: !('iat' in all) });
}

const signers = {
  twilio(request) {
    const bare = request.url.includes('bodySHA256');
    return [['X-Twilio-Signature',
      twilio.getExpectedTwilioSignature(request.secret, request.url, bare ? {} : fields(request))]];
  },
  plivo(request) {
    const name = request.v2 ? 'X-Plivo-Signature-V2' : 'X-Plivo-Signature-V3';
    return [[name, plivoWants(request, request.nonce, request.v2)], [name + '-Nonce', request.nonce]];
  },
  vonage(request) {
    return [['Authorization', 'Bearer ' + token(request, { iat: Math.floor(request.now_ms / 1000),
      jti: 'c5ba8f24-1a14-4c10-bfdf-3fbe8ce511b5', iss: 'Vonage', payload_hash: sha256(payload(request)),
      api_key: 'a1b2c3d' })]];
  },
  messagebird(request) {
    const now = Math.floor(request.now_ms / 1000);
    return [['MessageBird-Signature-JWT', token(request, { iss: 'MessageBird', nbf: now, exp: now + 60,
      jti: '93e55006-a0e8-4526-a190-fa5ff00ea116', url_hash: sha256(request.url),
      ...(request.body.length && { payload_hash: sha256(request.body) }) })]];
  },
  telnyx(request) {
    const at = request.timestamp || String(Math.floor(request.now_ms / 1000));
    const signature = crypto.sign(null, Buffer.concat([Buffer.from(at + '|'), request.body]), ed25519(request.seed));
    return [['telnyx-signature-ed25519', signature.toString('base64')], ['telnyx-timestamp', at]];
  },
  sinch(request) {
    const at = new Date(request.now_ms).toISOString();
    const value = generateAuthorizationHeader('POST', request.body.toString(), header(request, 'Content-Type') || '',
      'x-timestamp:' + at, new URL(request.url).pathname, request.key, request.secret);
    return [['Authorization', value], ['x-timestamp', at]];
  },
};

const verifiers = {
  twilio(request) {
    return twilio.validateIncomingRequest({ header: (name) => header(request, name), body: fields(request),
      rawBody: request.body.toString() }, request.secret, { url: request.url });
  },
  plivo(request) {
    const v3 = header(request, 'X-Plivo-Signature-V3');
    if (v3 !== undefined) {
      return plivo.validateV3Signature(method(request), request.url, header(request, 'X-Plivo-Signature-V3-Nonce'),
        request.secret, v3, fields(request));
    }
    return plivo.validateSignature(request.url, header(request, 'X-Plivo-Signature-V2-Nonce'),
      header(request, 'X-Plivo-Signature-V2'), request.secret);
  },
  vonage(request) {
    const token = /^Bearer +(.*)$/i.exec(header(request, 'Authorization') || '');
    return token !== null && vonage.verifySignature(token[1], request.secret);
  },
  async messagebird(request) {
    const { jwtVerifyOptions } = new messagebird.VerifyOptions();
    const options = new messagebird.VerifyOptions(true, true,
      { ...jwtVerifyOptions, currentDate: new Date(request.now_ms) });
    return messagebird.verify(request.url, request.body, header(request, 'MessageBird-Signature-JWT'),
      crypto.createSecretKey(request.secret, 'utf8'), options);
  },
  async telnyx(request) {
    await new TelnyxWebhook(request.secret).verify(request.body.toString(), Object.fromEntries(request.headers));
    return true;
  },
  sinch(request) {
    return new sinch.VoiceCallbackWebhooks({ applicationKey: request.key, applicationSecret: request.secret })
      .validateAuthenticationHeader(Object.fromEntries(request.headers), request.body.toString(),
        new URL(request.url).pathname, method(request));
  },
};

async function answer(asked) {
  if (asked.op === 'answer') {
    const builder = answers.calls[asked.provider];
    return { document: builder ? builder(asked) : null };
  }
  if (asked.op === 'text') return { document: answers.texts[asked.provider](asked) };
  const request = { ...asked, body: Buffer.from(asked.body, 'base64') };
  Date.now = () => request.now_ms;
  if (asked.op === 'sign') return { headers: signers[asked.provider](request) };
  try {
    return { accepts: await verifiers[asked.provider](request) === true };
  } catch (error) {
    return { accepts: false, why: String(error.message) };
  }
}

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    process.stdout.write(JSON.stringify(await answer(JSON.parse(line))) + '\n');
  }
}

main();
