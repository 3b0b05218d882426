/** Explicit kernelspecs, written by Labdock and not by `ipykernel install`, whose argv would not activate the environment. */
import type { Kernel } from './model';

const prefix = (name: string) => `/opt/conda/envs/${name}`;

/** A system path of Jupyter's: found whatever HOME is and whichever environment runs the server. */
export const kernelspecDirectory = (name: string) => `/usr/local/share/jupyter/kernels/${name}`;

/** kernel.json (https://jupyter-client.readthedocs.io/en/stable/kernels.html#kernel-specs). */
export function kernelJson(kernel: Kernel): string {
  const argv = ['/opt/labdock/bin/kernel', prefix(kernel.name)];
  argv.push('python', '-m', 'ipykernel_launcher', '-f', '{connection_file}');
  const spec = {
    argv,
    display_name: kernel.displayName,
    language: kernel.language,
    interrupt_mode: 'signal',
    // ipykernel 4 knows no debugger.
    metadata: { debugger: !kernel.version.startsWith('2.') },
  };
  return `${JSON.stringify(spec, null, 2)}\n`;
}

/**
 * logo-svg.svg, the launcher's picture: the version, so that kernels are told apart at a glance. Jupyter serves no picture
 * from outside the kernelspec's directory (403), so ipykernel's own, inside the environment, cannot be pointed at.
 */
export function kernelLogo(kernel: Kernel): string {
  const version = kernel.version.split('.').slice(0, 2).join('.');
  const [color, size] = [version.startsWith('2') ? '#8a6d1d' : '#2f6690', version.length > 3 ? 22 : 26];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64" viewBox="0 0 64 64">
  <rect x="4" y="4" width="56" height="56" rx="12" fill="${color}"/>
  <text x="32" y="33" fill="#fff" font-family="sans-serif" font-size="${size}" font-weight="600" text-anchor="middle" dominant-baseline="central">${version}</text>
</svg>
`;
}

/**
 * Which kernels the server offers: those with a kernelspec, not the one that happens to be in its own environment.
 * @param first name of the default kernel: the launcher's first card, and for requests that name none.
 */
export const jupyterConfig = (first: string): string =>
  `${JSON.stringify({ KernelSpecManager: { ensure_native_kernel: false }, MultiKernelManager: { default_kernel_name: first } }, null, 2)}\n`;
