// An endpoint for webhooks that believes the reference library of Standard Webhooks and nobody else.
//
//	node receiver.js SECRET      prints {"port":N}, then a line for each request:
//	                             {"good":true,"path":"/","status":204,"id":"evt_...","content_type":"...","event":{...}}
//	                             {"good":false,"why":"No matching signature found", ...}
//
// A good one is answered with 204, one that is not with 401; a path such as /503 answers a good one with that status, and
// ?retry_after=7 adds the header. Ends when its standard input does.
'use strict';
const http = require('http');
const { Webhook } = require('standardwebhooks');

const judge = new Webhook(process.argv[2]);

function verdict(request, body) {
	try {
		return { good: true, event: judge.verify(body, request.headers) };
	} catch (error) {
		return { good: false, why: error.message };
	}
}

function answer(request, response, body) {
	const url = new URL(request.url, 'http://receiver');
	const told = verdict(request, body);
	const status = !told.good ? 401 : Number(url.pathname.slice(1)) || 204;
	const headers = url.searchParams.has('retry_after') ? { 'Retry-After': url.searchParams.get('retry_after') } : {};
	console.log(JSON.stringify({
		path: request.url, status, id: request.headers['webhook-id'],
		content_type: request.headers['content-type'], ...told,
	}));
	response.writeHead(status, headers);
	response.end();
}

const server = http.createServer((request, response) => {
	const pieces = [];
	request.on('data', (piece) => pieces.push(piece));
	request.on('end', () => answer(request, response, Buffer.concat(pieces).toString('utf8')));
});
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })));
process.stdin.on('end', () => process.exit(0)).resume();
