import type { ClusterSettings } from '../../main/app/bridge/contract';
import type { DraftForm } from '../settings/useForm';

/** The form of a workspace that has a place on a cluster. */
export interface ClusterForm {
  form: DraftForm;
  cluster: ClusterSettings;
  set: (change: Partial<ClusterSettings>) => void;
}
