/** Before any test of the cluster: the cluster runs, and the image that servers are made of is in its registry. */
import { provideWorkspaceImage } from './workspaceImage';

export default async function setup(): Promise<void> {
  await provideWorkspaceImage();
}
