// SPDX-License-Identifier: BSD-2-Clause
// A server and its clients, children, worker threads, files, timers.
"use strict";
const { execFile } = require("child_process");
const fs = require("fs");
const http = require("http");
const { Worker, isMainThread, parentPort, workerData } = require("worker_threads");

const promised = (start) => new Promise((yes, no) => start((error, value) => (error ? no(error) : yes(value))));
const times = (n, f) => Promise.all(Array.from({ length: n }, (_, i) => f(i)));

function get(port, i) {
	return promised((done) => {
		http.get({ port, path: `/${i}`, agent: false }, (reply) => {
			let text = "";
			reply.on("data", (data) => (text += data));
			reply.on("end", () => done(text === `/${i}`.repeat(1000) ? null : text));
		}).on("error", done);
	});
}

const child = (i) =>
	promised((done) => execFile("echo", [String(i)], (error, said) => done(error || (said === `${i}\n` ? null : said))));

function worker(i) {
	return promised((done) => {
		const w = new Worker(__filename, { workerData: i });
		w.on("message", (value) => done(value === i + 1 ? null : value));
		w.on("error", done);
	});
}

async function file(i) {
	const name = `file-${process.pid}-${i}`;
	await fs.promises.writeFile(name, "x".repeat(100000));
	const { size } = await fs.promises.stat(name);
	await fs.promises.unlink(name);
	if (size !== 100000) throw new Error(name);
}

async function main() {
	const server = http.createServer((request, reply) => reply.end(request.url.repeat(1000)));
	await promised((done) => server.listen(0, done));
	const answers = await times(20, (i) => get(server.address().port, i));
	server.close();
	const children = await times(3, child);
	const workers = await times(2, worker);
	const files = await times(4, file);
	await promised((done) => setTimeout(done, 20));
	console.log(
		`${answers.length} answers, ${children.length} children, ${workers.length} workers, ${files.length} files`,
	);
}

if (isMainThread) {
	main().catch((error) => {
		console.error(error);
		process.exitCode = 1;
	});
} else {
	parentPort.postMessage(workerData + 1);
}
