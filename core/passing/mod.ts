/**
 * What passes through a gateway as it is: requests of OpenAI's API that are no
 * conversations, forms with files, and whatever is stored at a provider.
 *
 * @module
 */

export {
  describeEndpoint,
  type EndpointName,
  servesEndpoint,
} from "../endpoint.ts";
export {
  formBoundary,
  type FormField,
  MultipartScanner,
  type MultipartScannerOptions,
} from "../multipart_scanner.ts";
export {
  type PassedEndpoint,
  passEndpoint,
  type PassEndpointOptions,
  storedRequest,
} from "../pass_endpoint.ts";
export { UsageScan } from "../usage_scan.ts";
export { MockRealtime } from "../mock/mock_realtime.ts";
export {
  type RealtimeTarget,
  realtimeTarget,
  realtimeUsage,
} from "../realtime.ts";
