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

/** The launcher's picture stands in the environment (make-environment puts it there); the kernelspec points at it. */
export const logoTarget = (name: string) => `${prefix(name)}/share/labdock/logo-64x64.png`;

/**
 * Which kernels the server offers: those with a kernelspec, not the one that happens to be in its own environment.
 * @param first name of the default kernel: the launcher's first card, and for requests that name none.
 */
export const jupyterConfig = (first: string): string =>
  `${JSON.stringify({ KernelSpecManager: { ensure_native_kernel: false }, MultiKernelManager: { default_kernel_name: first } }, null, 2)}\n`;
