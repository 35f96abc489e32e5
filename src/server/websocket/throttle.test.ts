import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { WebSocket } from 'ws';
import { Throttle } from './throttle.ts';

class FakeSocket {
  readonly OPEN = 1;
  readyState = 1;
  bufferedAmount = 0;
  isPaused = false;
  pause(): void {
    this.isPaused = true;
  }
  resume(): void {
    this.isPaused = false;
  }
}

let socket: FakeSocket;
let throttle: Throttle;
let handled: number[];
const bring = (from: number, to: number): void => {
  for (let message = from; message <= to; message += 1) throttle.message(() => void handled.push(message));
};
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] });
  socket = new FakeSocket();
  throttle = new Throttle(socket as unknown as WebSocket, 5);
  handled = [];
});
afterEach(() => {
  vi.useRealTimers();
});

it('takes what came at once one by one, and reads no more until it is done', async () => {
  bring(1, 3);
  expect(handled).toEqual([1]);
  expect(socket.isPaused).toBe(true);
  await turn();
  expect(handled).toEqual([1, 2]);
  await turn();
  expect(handled).toEqual([1, 2, 3]);
  expect(socket.isPaused).toBe(false);
});

it('takes no more than so many in a second', async () => {
  bring(1, 10);
  for (let each = 0; each < 20; each += 1) await turn();
  expect(handled).toEqual([1, 2, 3, 4, 5, 6]);
  expect(socket.isPaused).toBe(true);
  vi.advanceTimersByTime(1000);
  for (let each = 0; each < 20; each += 1) await turn();
  expect(handled).toHaveLength(10);
  expect(socket.isPaused).toBe(false);
});

it('takes nothing while it rests, nor from who does not read', async () => {
  throttle.rest();
  bring(1, 1);
  await turn();
  expect(handled).toEqual([]);
  vi.advanceTimersByTime(1000);
  expect(handled).toEqual([1]);
  await turn();
  socket.bufferedAmount = 1_000_000;
  bring(2, 2);
  await turn();
  expect(handled).toEqual([1]);
  socket.bufferedAmount = 0;
  throttle.afterSending();
  expect(handled).toEqual([1, 2]);
});

it('answers the newest of the pings that came at once', async () => {
  const pongs: number[] = [];
  for (let ping = 1; ping <= 4; ping += 1) throttle.ping(() => void pongs.push(ping));
  await turn();
  await turn();
  expect(pongs).toEqual([1, 4]);
});

it('forgets what waits on a socket that is being closed, and goes on reading for its end', async () => {
  bring(1, 3);
  socket.readyState = 2;
  await turn();
  await turn();
  expect(handled).toEqual([1]);
  expect(socket.isPaused).toBe(false);
});

it('waits for a message that takes its time', async () => {
  let read = (): void => undefined;
  throttle.message(() => new Promise((resolve) => (read = resolve)));
  bring(1, 1);
  await turn();
  expect([handled, socket.isPaused]).toEqual([[], true]);
  read();
  await turn();
  await turn();
  expect([handled, socket.isPaused]).toEqual([[1], false]);
});
