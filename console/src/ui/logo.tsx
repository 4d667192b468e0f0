export function Logo() {
  return (
    <span class="logo">
      <svg width="28" height="28" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
        <rect class="logo-ground" width="32" height="32" rx="8" />
        <path
          class="logo-shape"
          d="M7 11.5A2.5 2.5 0 0 1 9.5 9h4.2c.6 0 1.2.25 1.6.7L16.9 11.5H22.5A2.5 2.5 0 0 1 25 14v6.5A2.5 2.5 0 0 1 22.5 23h-13A2.5 2.5 0 0 1 7 20.5z"
        />
      </svg>
      <span class="logo-name">File Manager</span>
    </span>
  );
}
