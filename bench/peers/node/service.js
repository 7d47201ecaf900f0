// What most people would write: masked calls in a few hundred lines of Node over PostgreSQL, with the usual libraries. It takes the same
// requests as Bauta does, so that one load generator asks both:
//
//   POST /v1/sessions            two parties get a virtual number each, in one transaction
//   POST /hooks/twilio/main/voice  Twilio's signed question, answered with TwiML, the call written down
//
//   node service.js PORT DATABASE_URL TOKEN PUBLIC_URL
'use strict';
const express = require('express');
const { parsePhoneNumber } = require('libphonenumber-js');
const { Pool } = require('pg');
const twilio = require('twilio');

const [port, database, token, publicUrl] = process.argv.slice(2);
const VNS = 2000;

const pool = new Pool({ connectionString: database, max: 50 });
const app = express();

app.disable('x-powered-by');

const SCHEMA = `
  CREATE TABLE node_vn (id int PRIMARY KEY, number text NOT NULL UNIQUE);
  CREATE TABLE node_session (id bigserial PRIMARY KEY, ref text NOT NULL UNIQUE, expires_at timestamptz NOT NULL);
  CREATE TABLE node_party (session bigint NOT NULL, role text NOT NULL, number text NOT NULL, vn int NOT NULL,
    PRIMARY KEY (session, role));
  CREATE TABLE node_route (caller text NOT NULL, vn int NOT NULL, callee text NOT NULL, show int NOT NULL,
    session bigint NOT NULL, PRIMARY KEY (caller, vn));
  CREATE TABLE node_call (id bigserial PRIMARY KEY, sid text NOT NULL, session bigint, outcome text NOT NULL,
    at timestamptz NOT NULL DEFAULT now());
  INSERT INTO node_vn SELECT i, '+62215' || lpad(i::text, 7, '0') FROM generate_series(1, ${VNS}) AS i;`;

// A number that the caller doesn't dial yet.
const FREE = `SELECT id, number FROM node_vn WHERE id >= $2 AND id <> $3
  AND NOT EXISTS (SELECT FROM node_route WHERE caller = $1 AND vn = node_vn.id) ORDER BY id LIMIT 1`;

async function freeVn(client, caller, other) {
  const start = 1 + Math.floor(Math.random() * VNS);
  let found = await client.query({ name: 'free', text: FREE, values: [caller, start, other] });
  if (!found.rows.length) found = await client.query({ name: 'free', text: FREE, values: [caller, 1, other] });
  if (!found.rows.length) throw new Error('no free virtual number');
  return found.rows[0];
}

async function open(client, ref, a, b) {
  const made = await client.query({ name: 'session', values: [ref],
    text: `INSERT INTO node_session (ref, expires_at) VALUES ($1, now() + interval '4 hours') ON CONFLICT DO NOTHING RETURNING id` });
  if (!made.rows.length) return null;
  const { id } = made.rows[0];
  const forB = await freeVn(client, a.number, 0), forA = await freeVn(client, b.number, forB.id);
  await client.query({ name: 'parties', values: [id, a.role, a.number, forA.id, b.role, b.number, forB.id],
    text: 'INSERT INTO node_party VALUES ($1, $2, $3, $4), ($1, $5, $6, $7)' });
  await client.query({ name: 'routes', values: [a.number, forB.id, b.number, forA.id, id],
    text: 'INSERT INTO node_route VALUES ($1, $2, $3, $4, $5), ($3, $4, $1, $2, $5)' });
  return { id, vns: [forA.number, forB.number] };
}

app.post('/v1/sessions', express.json(), async (request, response, next) => {
  try {
    const { ref, parties } = request.body;
    const people = parties.map(({ role, number }) => {
      const parsed = parsePhoneNumber(number);
      if (!parsed.isValid()) throw Object.assign(new Error('not a phone number'), { status: 400 });
      return { role, number: parsed.number };
    });
    const client = await pool.connect();
    try {
      await client.query('BEGIN');
      const made = await open(client, ref, ...people);
      await client.query('COMMIT');
      if (!made) return response.status(409).json({ code: 'session_exists' });
      return response.status(201).json({ id: made.id, ref, parties: people.map(({ role }, i) => ({ role, vn: made.vns[i] })) });
    } catch (error) {
      await client.query('ROLLBACK');
      throw error;
    } finally {
      client.release();
    }
  } catch (error) {
    return next(error);
  }
});

app.post('/hooks/twilio/main/voice', express.urlencoded({ extended: false }), async (request, response, next) => {
  try {
    if (!twilio.validateRequest(token, request.get('X-Twilio-Signature') || '', publicUrl + request.originalUrl, request.body)) {
      return response.sendStatus(403);
    }
    const { From, To, CallSid } = request.body;
    const found = await pool.query({ name: 'route', values: [From, To],
      text: `SELECT r.callee, s.number AS show, r.session FROM node_route r JOIN node_vn v ON v.id = r.vn JOIN node_vn s ON s.id = r.show
        WHERE r.caller = $1 AND v.number = $2` });
    const [route] = found.rows;
    await pool.query({ name: 'call', text: 'INSERT INTO node_call (sid, session, outcome) VALUES ($1, $2, $3)',
      values: [CallSid, route ? route.session : null, route ? 'connect' : 'reject'] });
    const twiml = new twilio.twiml.VoiceResponse();
    if (route) twiml.dial({ callerId: route.show, timeout: 30, timeLimit: 3600, answerOnBridge: true }).number(route.callee);
    else twiml.reject({ reason: 'rejected' });
    return response.type('text/xml').send(twiml.toString());
  } catch (error) {
    return next(error);
  }
});

app.use((error, request, response, next) => {
  if (response.headersSent) return next(error);
  return response.status(error.status || 500).json({ detail: error.message });
});

(async () => {
  await pool.query(SCHEMA);
  app.listen(Number(port), '127.0.0.1', () => console.log('ready'));
})();
