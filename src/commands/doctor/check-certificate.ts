import type { TlsFiles } from '../../config/config.ts';
import { readCertificate } from '../../server/tls.ts';
import { ok, type Finding } from './finding.ts';

/** Whether the pair of files is there and fits together. */
export function checkCertificate(files: TlsFiles): Promise<Finding> {
  readCertificate(files);
  return Promise.resolve(ok('certificate', 'fits its key'));
}
