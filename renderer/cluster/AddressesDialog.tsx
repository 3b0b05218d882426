import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Dialog } from '../dialogs/Dialog';
import { Addresses } from './Addresses';

type Props = React.ComponentProps<typeof Addresses> & { onClose: () => void };

/** The addresses above a Lab page. */
export function AddressesDialog({ onClose, ...props }: Props) {
  const { t } = useTranslation();
  return (
    <Dialog
      title={t('addresses.title')}
      onClose={onClose}
      buttons={
        <Button data-autofocus onClick={onClose}>
          {t('common.close')}
        </Button>
      }
    >
      <Addresses {...props} />
    </Dialog>
  );
}
