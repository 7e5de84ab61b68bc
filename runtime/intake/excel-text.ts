/** Texts of a workbook: what XML cannot hold stands in them as `_x000D_`, and `_x005F_` for an underscore that is none of it. */
export const plainText = (text: string): string =>
  text.includes('_x')
    ? text.replaceAll(/_x([0-9A-Fa-f]{4})_/g, (_, code: string) =>
        String.fromCharCode(Number.parseInt(code, 16)),
      )
    : text;
