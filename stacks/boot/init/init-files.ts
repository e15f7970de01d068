/** The user's own files for the hosts' first boot. */
export interface InitFiles {
  /** A bash script that runs as root once the agent is up. */
  readonly script?: string;
  /** A configuration without secrets, as `/etc/sallyport/init/<name>`. */
  readonly config?: { readonly name: "accelerator.conf" | "sallyport.yaml"; readonly text: string };
}
