import type { ReactNode } from 'react';
import classes from './fields.module.css';

/** For Mantine's `inputContainer`: a button on the line of the input itself. */
export const withButton = (button: ReactNode) =>
  function inputWithButton(input: ReactNode) {
    return (
      <div className={classes.withButton}>
        {input}
        {button}
      </div>
    );
  };
