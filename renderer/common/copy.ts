/** Copies text; where the clipboard's own door is closed (no permission), by the old way through a selection. */
export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    area.style.position = 'fixed';
    area.style.opacity = '0';
    // Inside a dialog the focus may not leave it.
    (document.querySelector('[role="dialog"]') ?? document.body).append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
}
