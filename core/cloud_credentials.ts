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
  /** Who gives temporary credentials, in the place of a key. */
  readonly role?: AwsRole;
}

/** Who gives the temporary credentials of a role; they are fetched anew before they run out. */
export type AwsRole =
  | {
    /** The metadata server of an instance. */
    readonly from: "instance";
    /** Host and port. @default {"169.254.169.254"} */
    readonly metadataHost?: string;
  }
  | {
    /** What serves the containers of a machine. */
    readonly from: "container";
    /** Its address, as the platform tells it. */
    readonly url: string;
    /** What it is asked with. A secret. */
    readonly authorization?: string;
    /** Holds what it is asked with, read each time. */
    readonly authorizationFile?: string;
  }
  | {
    /** Amazon's token service, by the token of another platform. */
    readonly from: "web_identity";
    /** The role to take on. */
    readonly roleArn: string;
    /** Holds that platform's token, read each time. */
    readonly tokenFile: string;
    /** What the session is called in Amazon's logs. @default {"llm-proxy"} */
    readonly sessionName?: string;
    /** Where the service is. @default {that of the region} */
    readonly sts?: string;
  };

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
