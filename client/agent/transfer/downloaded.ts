export interface Downloaded {
  readonly size: number;
  /** Of the file, in hexadecimal. */
  readonly sha256: string;
}
