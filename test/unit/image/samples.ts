import { join } from 'node:path';
import type { BuildSettings, Kernel } from '../../../main/image/model';

export const resources = join(import.meta.dirname, '../../../resources');

export const kernel = (name: string, more: Partial<Kernel> = {}): Kernel => ({
  name,
  displayName: name,
  language: 'python',
  version: '3.13',
  conda: [],
  pip: [],
  ...more,
});

export const build = (more: Partial<BuildSettings> = {}): BuildSettings => ({
  base: 'example.org/miniforge:1',
  channels: ['conda-forge'],
  caBundle: '',
  proxy: { http: '', https: '', noProxy: '' },
  ...more,
});

/** A self-signed authority made for this test; its key is gone. */
export const authority = `-----BEGIN CERTIFICATE-----
MIIBmjCCAT+gAwIBAgIUU3LVcDtYtyiizZnwwETTm/0IGC0wCgYIKoZIzj0EAwIw
ITEfMB0GA1UEAwwWTGFiZG9jayB0ZXN0IGF1dGhvcml0eTAgFw0yNjExMjMwODQw
MTFaGA8yMTI2MTAzMDA4NDAxMVowITEfMB0GA1UEAwwWTGFiZG9jayB0ZXN0IGF1
dGhvcml0eTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABF2zEjl182CUItMb+B0f
xG9wEcLdQq+Gt45GcOwnF7oCUvxPAY/Ps38qzSPkweRi9ZoMDhBi1xT6Tk6NQZpH
DDKjUzBRMB0GA1UdDgQWBBSNwxBWpgd8CwKqDZoKQgzKMZRCZzAfBgNVHSMEGDAW
gBSNwxBWpgd8CwKqDZoKQgzKMZRCZzAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49
BAMCA0kAMEYCIQCzZ+Z6vdsKjAru/QUtaQDNy5tDYOG30MB8At5nLADdIQIhAKcy
6UZ58W8abjvFJtIfcvabC2h1BqTGITIakDuzX2Iy
-----END CERTIFICATE-----
`;
