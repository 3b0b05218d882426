/** Kernels and where an image comes from: the data a person edits. Pure; shared with the window through the bridge's contract. */
import { z } from 'zod';

/** Conda match spec as a person writes it: `numpy`, `numpy=2.1`, `conda-forge::r-base>=4`, `pandas>=2,<3`. One line, no leading dash. */
const condaSpec = z
  .string()
  .trim()
  .max(200)
  .regex(
    /^(?:[a-z0-9][\w.-]*(?:\/[\w.-]+)*::)?[A-Za-z0-9_][\w.-]*(?:\s*(?:[=<>!~]=?|==)\s*[\w.*+!-]+(?:\s*[,|]\s*(?:[=<>!~]=?|==)?\s*[\w.*+!-]+)*(?:=[\w.*]+)?)?$/,
    'package',
  );

/** PEP 508 requirement without options or direct references to local files. One line, no leading dash. */
const pipSpec = z
  .string()
  .trim()
  .max(300)
  .regex(
    /^[A-Za-z0-9][\w.-]*(?:\[[\w.,\s-]+\])?(?:\s*(?:===|[=<>!~]=|[<>])\s*[\w.*+!-]+(?:\s*,\s*(?:===|[=<>!~]=|[<>])\s*[\w.*+!-]+)*)?(?:\s*@\s*(?:https|git\+https):\/\/[^\s;]+)?(?:\s*;\s*[\w\s.'"<>=!()-]+)?$/,
    'package',
  );

export const kernelSchema = z.object({
  /** Environment and kernelspec name. `base` and `lab` are taken by the image itself. */
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_.-]{0,39}$/, 'kernel-name')
    .refine((n) => n !== 'base' && n !== 'lab', 'kernel-reserved'),
  displayName: z
    .string()
    .trim()
    .min(1, 'required')
    .max(80, 'too-long')
    // eslint-disable-next-line no-control-regex
    .regex(/^[^\u0000-\u001f\u007f]*$/, 'control-characters'),
  language: z.literal('python'),
  version: z.string().regex(/^(?:2\.7|3(?:\.\d{1,2}(?:\.\d{1,3})?)?)$/, 'python-version'),
  conda: z.array(condaSpec).max(200),
  pip: z.array(pipSpec).max(200),
});
export type Kernel = z.infer<typeof kernelSchema>;

export const kernelsSchema = z
  .array(kernelSchema)
  .min(1, 'required')
  .max(20)
  .superRefine((kernels, context) => {
    const seen = new Set<string>();
    kernels.forEach((kernel, index) => {
      if (seen.has(kernel.name)) context.addIssue({ code: 'custom', path: [index, 'name'], message: 'kernel-clash' });
      seen.add(kernel.name);
    });
  });

export const defaultKernel: Kernel = {
  name: 'py313',
  displayName: 'Python 3.13',
  language: 'python',
  version: '3.13',
  conda: [],
  pip: [],
};
/** The seed's two kernels, one click away. Both interpreters are end-of-life; 2.7 exists for amd64 only. */
export const seedKernels: readonly Kernel[] = [
  { name: 'py38', displayName: 'Python 3.8', language: 'python', version: '3.8', conda: [], pip: [] },
  { name: 'py27', displayName: 'Python 2.7', language: 'python', version: '2.7', conda: [], pip: [] },
];

/** An image reference as the engines accept it (lower-case path, optional tag or digest). */
export const imageReference = z
  .string()
  .trim()
  .max(400)
  .regex(
    /^(?:[\w.-]+(?::\d{1,5})?\/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*(?::[\w][\w.-]{0,127})?(?:@sha256:[a-f0-9]{64})?$/,
    'image-reference',
  );

/** Where a workspace's image comes from. */
export const imageSourceSchema = z.discriminatedUnion('kind', [
  /** `base` overrides the base image of the build settings for this workspace: "build on this published image". */
  z.object({ kind: z.literal('build'), base: imageReference.optional() }),
  z.object({ kind: z.literal('published'), reference: imageReference, pull: z.enum(['always', 'if-not-present']) }),
  z.object({ kind: z.literal('archive'), path: z.string().min(1, 'required').max(4096) }),
]);
export type ImageSource = z.infer<typeof imageSourceSchema>;

const proxyUrl = z.union([z.literal(''), z.url({ protocol: /^https?$/, error: 'url' })]);

/** How images are built on this computer, for all workspaces: what a platform engineer hands out. */
export const buildSettingsSchema = z.object({
  base: imageReference,
  channels: z
    .array(
      z
        .string()
        .trim()
        .max(300)
        .regex(/^(?:[A-Za-z0-9_][\w.-]*(?:\/[\w.-]+)*|https?:\/\/[^\s"'\\]+)$/, 'channel'),
    )
    .min(1, 'required')
    .max(20),
  /** PEM file on this computer that pip, conda and npm shall trust inside the image as well. Empty: none. */
  caBundle: z.string().max(4096),
  proxy: z.object({
    http: proxyUrl,
    https: proxyUrl,
    noProxy: z
      .string()
      .max(2000)
      .regex(/^[^\s"'\\]*$/, 'no-proxy'),
  }),
});
export type BuildSettings = z.infer<typeof buildSettingsSchema>;
