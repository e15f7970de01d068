/** The documents of the API, with the names of docs/reference/gateway.md. */
import { Type } from "@sinclair/typebox";

export const DEFAULT_SINCE = "24h";
/** Forwards per page. */
export const DEFAULT_LIMIT = 100;

const time = Type.String({ format: "date-time" });
const port = Type.Integer({ minimum: 1, maximum: 65535 });
const protocol = Type.Union([Type.Literal("tcp"), Type.Literal("udp")]);
const routable = Type.Union([Type.Boolean(), Type.Null()], { description: "null: not known yet" });

export const ForwardBody = Type.Object({
  target_addr: Type.String({ description: "IPv4 or IPv6 address within the lab" }),
  target_port: port,
  target_name: Type.String(),
  target_component: Type.String({ description: 'what the machine is: "Windows", "CentOS"' }),
  protocol: Type.Optional(protocol),
  conn_port: Type.Optional(Type.Integer({ description: "a port of the range; the lowest free one if absent" })),
  sources: Type.Optional(
    Type.Array(Type.String(), {
      description: "CIDR blocks that may use it; [] for all. If absent, as the gateway is set up: usually your address",
    }),
  ),
  expires_in: Type.Optional(
    Type.Union([Type.Integer({ minimum: 1 }), Type.Null()], {
      description: "seconds; null for never. If absent, as the gateway is set up: usually 8 hours",
    }),
  ),
  owner: Type.Optional(Type.String({ description: "the user that owns it, for an admin" })),
});

export const ForwardDocument = Type.Object({
  id: Type.String(),
  conn_port: port,
  protocol,
  target_addr: Type.String(),
  target_port: port,
  target_name: Type.String(),
  target_component: Type.String(),
  owner: Type.String(),
  sources: Type.Array(Type.String()),
  gateway_address: Type.Optional(
    Type.String({ description: "where to connect; absent while the gateway has no address" }),
  ),
  created_at: time,
  expires_at: Type.Optional(time),
  admits_you: Type.Optional(Type.Boolean({ description: "whether its sources have the address of this request" })),
  routable: Type.Optional(routable),
});

export const ForwardList = Type.Object({
  forwards: Type.Array(ForwardDocument),
  next: Type.Optional(Type.String({ description: "cursor of the next page" })),
});

export const ForwardQuery = Type.Object({
  owner: Type.Optional(Type.String()),
  target_name: Type.Optional(Type.String()),
  target_addr: Type.Optional(Type.String()),
  target_component: Type.Optional(Type.String()),
  target_port: Type.Optional(port),
  conn_port: Type.Optional(port),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: DEFAULT_LIMIT })),
  cursor: Type.Optional(Type.String()),
});

export const MachineDocument = Type.Object({
  name: Type.String(),
  addr: Type.String(),
  component: Type.String(),
  routable,
  last_seen: Type.Optional(time),
  checked_at: Type.Optional(time),
  /** Ports of the gateway that lead to it. */
  conn_ports: Type.Array(port),
  listed: Type.Boolean({ description: "whether gateway.yaml names it, so that every user sees it" }),
});

export const MachineList = Type.Object({ machines: Type.Array(MachineDocument) });

export const MachineHistory = Type.Object({
  machines: Type.Array(MachineDocument),
  history: Type.Array(Type.Object({ at: time, routable: Type.Boolean() })),
  events: Type.Array(
    Type.Object({
      at: time,
      event: Type.Union([Type.Literal("opened"), Type.Literal("closed"), Type.Literal("expired")]),
      by: Type.Optional(Type.String({ description: "the user who did it; absent if the gateway did" })),
      owner: Type.String(),
      forward_id: Type.String(),
      conn_port: port,
      protocol,
      target_port: port,
      target_name: Type.String(),
    }),
  ),
  users: Type.Array(
    Type.Object({
      user: Type.String({ description: "the owner of the forwards" }),
      forwards: Type.Integer({ description: "how many are open now" }),
      bytes: Type.Integer(),
      connections: Type.Integer(),
      last_used: Type.Optional(time),
    }),
    { description: "who had a forward open, or opened or ended one; you alone, unless you are an admin" },
  ),
});

export const SinceQuery = Type.Object({
  since: Type.Optional(
    Type.String({ description: "2026-01-31T12:00:00Z, or how long ago: 90m, 24h, 7d", default: DEFAULT_SINCE }),
  ),
});

const traffic = { packets: Type.Integer(), bytes: Type.Integer(), connections: Type.Integer() };

export const UsageQuery = Type.Object({
  ...SinceQuery.properties,
  conn_port: Type.Optional(port),
  target_addr: Type.Optional(Type.String({ description: "a machine, also with forwards that ended" })),
  owner: Type.Optional(Type.String({ description: "a user, for an admin" })),
});

export const UsageReport = Type.Object({
  since: time,
  used: Type.Array(
    Type.Object({
      forward_id: Type.String(),
      conn_port: port,
      owner: Type.String(),
      target_name: Type.Optional(Type.String({ description: "absent if the forward was removed" })),
      target_addr: Type.Optional(Type.String()),
      target_port: Type.Optional(port),
      ...traffic,
      first_used: time,
      last_used: time,
    }),
  ),
  /** One per forward and minute with traffic. */
  samples: Type.Array(Type.Object({ forward_id: Type.String(), conn_port: port, minute: time, ...traffic })),
});

export const WhoAmI = Type.Object({
  user: Type.String(),
  scopes: Type.Array(Type.String()),
  client_ip: Type.Optional(Type.String()),
  expires_at: time,
  address: Type.String({ description: "where this request came from" }),
  /** What a forward of yours has if its request does not say. */
  forward_defaults: Type.Object({
    sources: Type.Union([Type.Literal("caller"), Type.Literal("anywhere")]),
    expires_in: Type.Union([Type.Integer(), Type.Null()], { description: "seconds; null for never" }),
  }),
});

export const SignInCode = Type.Object({
  code: Type.String(),
  expires_in: Type.Integer({ description: "seconds" }),
});

export const SignInBody = Type.Object({ code: Type.String() });

export const SignInToken = Type.Object({ token: Type.String() });

export const ProblemDocument = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.Optional(Type.String()),
  instance: Type.String(),
});
