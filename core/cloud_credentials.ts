/** What requests to Amazon Bedrock are signed with. */
export interface AwsCredentials {
  /** For example `us-east-1`; part of the address, and of each signature. */
  readonly region: string;
  /** The public half of the key. Absent: requests go with the provider's `apiKey`. */
  readonly accessKeyId?: string;
  /** The secret half of the key. */
  readonly secretAccessKey?: string;
  /** Of temporary credentials. */
  readonly sessionToken?: string;
}

/** Where in Google Cloud a provider is, and who asks there. */
export interface GoogleCredentials {
  /** The project's id. */
  readonly project: string;
  /** A region, or `global`. @default {"global"} */
  readonly location?: string;
  /**
   * The key of a service account, as the JSON of its file. Absent: the metadata
   * server of the machine is asked for tokens.
   */
  readonly serviceAccount?: string;
  /** Where the metadata server is, host and port. @default {"169.254.169.254"} */
  readonly metadataHost?: string;
}

/** Who asks at Azure, in the words of Microsoft Entra. */
export interface EntraCredentials {
  /** The directory. Absent, as the secret: the machine's managed identity asks. */
  readonly tenantId?: string;
  /** The application, or the identity where a machine has several. */
  readonly clientId?: string;
  /** The application's secret. */
  readonly clientSecret?: string;
  /** Who gives tokens; another one in sovereign clouds. @default {"https://login.microsoftonline.com"} */
  readonly authority?: string;
  /** Where the metadata server is, host and port. @default {"169.254.169.254"} */
  readonly metadataHost?: string;
}
