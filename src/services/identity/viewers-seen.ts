import type { Viewer } from './viewer.ts';

/**
 * Viewers whose own user has been read for them. A viewer is made anew with its token, once a minute or for each
 * connection, and one whose user is deleted meanwhile has its tokens taken back.
 */
export const viewersSeen = new WeakSet<Viewer>();
