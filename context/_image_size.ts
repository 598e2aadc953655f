/** How large a picture is, in pixels. */
export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/** How much of a picture's base64 is read: the sizes of JPEGs stand behind their thumbnails. */
const MAX_HEAD = 131_072;

/** The size that a PNG, GIF, WebP or JPEG tells in its head; `undefined` where it tells none. */
export function imageSize(base64: string): ImageSize | undefined {
  const bytes = decodeHead(base64);
  if (bytes === undefined || bytes.length < 30) return undefined;
  const view = new DataView(bytes.buffer);
  const size = sizeIn(view);
  return size && size.width > 0 && size.height > 0 ? size : undefined;
}

function decodeHead(base64: string): Uint8Array<ArrayBuffer> | undefined {
  const head = base64.slice(0, Math.min(base64.length & ~3, MAX_HEAD));
  try {
    const text = atob(head);
    const bytes = new Uint8Array(text.length);
    for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
    return bytes;
  } catch {
    return undefined;
  }
}

function sizeIn(view: DataView): ImageSize | undefined {
  switch (view.getUint32(0)) {
    case 0x89504e47: // PNG: IHDR is the first chunk
      return { width: view.getUint32(16), height: view.getUint32(20) };
    case 0x47494638: // GIF8
      return {
        width: view.getUint16(6, true),
        height: view.getUint16(8, true),
      };
    case 0x52494646: // RIFF
      return webpSize(view);
  }
  return view.getUint16(0) === 0xffd8 ? jpegSize(view) : undefined;
}

function webpSize(view: DataView): ImageSize | undefined {
  const three = (at: number): number =>
    view.getUint16(at, true) + (view.getUint8(at + 2) << 16);
  switch (view.getUint32(12)) {
    case 0x56503858: // VP8X
      return { width: three(24) + 1, height: three(27) + 1 };
    case 0x56503820: // VP8, lossy
      return {
        width: view.getUint16(26, true) & 0x3fff,
        height: view.getUint16(28, true) & 0x3fff,
      };
    case 0x5650384c: { // VP8L
      const bits = view.getUint32(21, true);
      return {
        width: (bits & 0x3fff) + 1,
        height: ((bits >>> 14) & 0x3fff) + 1,
      };
    }
  }
  return undefined;
}

/** From marker to marker, up to the one that begins a frame. */
function jpegSize(view: DataView): ImageSize | undefined {
  let at = 2;
  while (at + 9 < view.byteLength && view.getUint8(at) === 0xff) {
    const marker = view.getUint8(at + 1);
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 &&
      marker !== 0xc8 && marker !== 0xcc;
    if (isFrame) {
      return { width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
    }
    at += 2 + view.getUint16(at + 2);
  }
  return undefined;
}
