/** What the user puts on the hosts at their first boot. */
export interface InitFiles {
  /** Bash, run as root once the agent is up. */
  readonly script?: string;
  /** A configuration without secrets, as `/etc/sallyport/init/<name>`. */
  readonly config?: { readonly name: "accelerator.conf" | "sallyport.yaml"; readonly text: string };
}
