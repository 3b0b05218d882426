import { lazy, Suspense } from 'react';
import { useToasts } from '../common/actions';
import { useMoveDialog } from '../move/request';
import { useNavigation } from '../navigation';
import { useAppState } from '../state';

const QuestionDialog = lazy(() => import('./QuestionDialog').then((m) => ({ default: m.QuestionDialog })));
const LeaveDialog = lazy(() => import('./LeaveDialog').then((m) => ({ default: m.LeaveDialog })));
const MoveDialogHost = lazy(() => import('../move/MoveDialogHost').then((m) => ({ default: m.MoveDialogHost })));
const Toasts = lazy(() => import('./Toasts').then((m) => ({ default: m.Toasts })));

/** Everything that may lie above any page. */
export function DialogHost() {
  const question = useAppState((state) => state.question);
  const { wanted } = useNavigation();
  const toasts = useToasts();
  const move = useMoveDialog();
  return (
    <Suspense>
      {toasts.length > 0 && <Toasts toasts={toasts} />}
      {wanted && <LeaveDialog />}
      {move && <MoveDialogHost request={move} />}
      {question && <QuestionDialog key={question.id} question={question} />}
    </Suspense>
  );
}
