import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { WebSocket } from 'ws';
import { OperationOutlet, SocketFlow } from './socket-flow.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A socket whose bytes go when we say so. */
class SlowSocket {
  readonly OPEN = 1;
  readyState = 1;
  readonly frames: { text: string; sent: () => void }[] = [];

  get bufferedAmount(): number {
    return this.frames.reduce((bytes, { text }) => bytes + text.length, 0);
  }

  send(text: string, sent: () => void): void {
    this.frames.push({ text, sent });
  }

  takeOne(): void {
    this.frames.shift()?.sent();
  }
}

function flowOf(): { socket: SlowSocket; flow: SocketFlow; stuck: ReturnType<typeof vi.fn<() => void>> } {
  const socket = new SlowSocket();
  const stuck = vi.fn<() => void>();
  return { socket, flow: new SocketFlow(socket as unknown as WebSocket, stuck), stuck };
}

const kilobytes = (count: number): string => 'x'.repeat(count * 1024);

describe('a socket', () => {
  it('is full above the low mark, and tells all who wait when it is not any more (L7)', () => {
    const { socket, flow } = flowOf();
    flow.send(kilobytes(10));
    expect(flow.isFull).toBe(false);
    flow.send(kilobytes(10));
    expect(flow.isFull).toBe(true);
    const told: string[] = [];
    flow.whenFree(() => told.push('one'));
    flow.whenFree(() => told.push('other'));
    flow.whenFree(() => told.push('gone'))();
    socket.takeOne();
    expect([flow.isFull, told]).toEqual([false, ['one', 'other']]);
    socket.takeOne();
    expect(told).toHaveLength(2);
  });

  it('is not full of what others have sent: nobody would tell when it is gone', () => {
    const { socket, flow } = flowOf();
    socket.send(kilobytes(100), () => undefined);
    expect(flow.isFull).toBe(false);
    flow.send('x');
    expect(flow.isFull).toBe(true);
  });

  it('takes nothing more while it closes', () => {
    const { socket, flow } = flowOf();
    socket.readyState = 2;
    expect(flow.isFull).toBe(true);
  });

  it('is stuck when somebody waits and nothing moves for half a minute', () => {
    const { socket, flow, stuck } = flowOf();
    for (let frame = 0; frame < 4; frame += 1) flow.send(kilobytes(20));
    vi.advanceTimersByTime(100_000);
    expect(stuck).not.toHaveBeenCalled();
    flow.whenFree(() => undefined);
    vi.advanceTimersByTime(29_000);
    socket.takeOne();
    vi.advanceTimersByTime(29_000);
    expect(stuck).not.toHaveBeenCalled();
    vi.advanceTimersByTime(2_000);
    expect(stuck).toHaveBeenCalledTimes(1);
  });
});

it('frames are what graphql-transport-ws says, whatever the operation is called', () => {
  const { socket, flow } = flowOf();
  new OperationOutlet(flow, 'a"\\ü').send('{"data":{"a":1}}');
  expect(socket.frames.map(({ text }) => text)).toEqual([
    JSON.stringify({ id: 'a"\\ü', type: 'next', payload: { data: { a: 1 } } }),
  ]);
});
