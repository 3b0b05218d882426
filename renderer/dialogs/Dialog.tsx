import '@mantine/core/styles/ScrollArea.layer.css';
import '@mantine/core/styles/Overlay.layer.css';
import '@mantine/core/styles/Paper.layer.css';
import '@mantine/core/styles/ModalBase.layer.css';
import '@mantine/core/styles/Modal.layer.css';
import '@mantine/core/styles/CloseButton.layer.css';
import { Modal } from '@mantine/core';
import { useEffect, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useCover } from '../common/cover';
import classes from './Dialog.module.css';

interface Props {
  title: string;
  /** Escape, the close button, a click outside: always the harmless way out. */
  onClose: () => void;
  children: ReactNode;
  /** Buttons, the safe one marked `data-autofocus`. */
  buttons: ReactNode;
  wide?: boolean;
  /** Width in CSS pixels, where neither fits. */
  size?: number;
}

export function Dialog({ title, onClose, children, buttons, wide = false, size = wide ? 760 : 520 }: Props) {
  const { t } = useTranslation();
  useCover(true);
  // Mantine closes on Escape without marking the key as used, and the page below would then take it as its own.
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || event.isComposing || event.defaultPrevented) return;
      event.preventDefault();
      onClose();
    };
    window.addEventListener('keydown', onKey, { capture: true });
    return () => window.removeEventListener('keydown', onKey, { capture: true });
  }, [onClose]);
  return (
    <Modal
      opened
      closeOnEscape={false}
      onClose={onClose}
      title={title}
      centered
      size={size}
      radius="lg"
      overlayProps={{ backgroundOpacity: 0.45 }}
      // A dialog's header is no banner of the page.
      attributes={{ header: { role: 'presentation' } }}
      transitionProps={{ duration: 120 }}
      closeButtonProps={{ 'aria-label': t('common.close') }}
      classNames={{ title: classes.title, header: classes.header, body: classes.body, content: classes.content }}
    >
      <div className={classes.words}>{children}</div>
      <div className={classes.buttons}>{buttons}</div>
    </Modal>
  );
}
