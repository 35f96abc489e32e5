declare module 'relay-compiler' {
  /** Where the compiler's program is. */
  const path: string;
  export default path;
}
