import { Type } from "@sinclair/typebox";
import { expect, test } from "vitest";
import { openApiDocument, schemaRef } from "../../../http/routes/openapi.js";
import type { Route } from "../../../http/routes/route.js";

const routes: readonly Route[] = [
  {
    method: "GET",
    path: "/v1/files/{path...}",
    aliases: ["/files/{path...}"],
    access: "read",
    params: { path: Type.String({ description: "DIR/PATH" }) },
    query: Type.Object({ limit: Type.Optional(Type.Integer({ minimum: 1, description: "How many." })) }),
    headers: Type.Object({ Range: Type.String() }),
    summary: "A file",
    operationId: "readFile",
    responses: {
      200: { description: "It.", content: { "application/octet-stream": Type.String({ format: "binary" }) } },
      304: { description: "Unchanged." },
    },
    handle: undefined,
  },
  {
    method: "POST",
    path: "/v1/jobs",
    access: "write",
    summary: "Submit",
    body: { description: "The job.", content: { "application/json": Type.Object({}) } },
    responses: { 201: { description: "Done.", schema: Type.Object({ id: Type.String() }) } },
    handle: undefined,
  },
];

test("the document is made of the routes", () => {
  const document = openApiDocument(routes, {
    title: "Test",
    version: "1",
    head: true,
    document: { security: [] },
    components: { schemas: {} },
    operation: (operation, { access }) => ({
      ...operation,
      security: [{ [String(access)]: [] }],
      responses: { ...operation.responses, default: { description: "No.", content: schemaRef("Problem") } },
    }),
  });
  // TypeBox marks its schemas with symbols, which are not JSON.
  expect(JSON.parse(JSON.stringify(document))).toMatchInlineSnapshot(`
    {
      "components": {
        "schemas": {},
      },
      "info": {
        "license": {
          "identifier": "Apache-2.0",
          "name": "Apache License 2.0",
        },
        "title": "Test",
        "version": "1",
      },
      "openapi": "3.1.0",
      "paths": {
        "/v1/files/{path}": {
          "get": {
            "operationId": "readFile",
            "parameters": [
              {
                "description": "DIR/PATH",
                "in": "path",
                "name": "path",
                "required": true,
                "schema": {
                  "type": "string",
                },
              },
              {
                "description": "How many.",
                "in": "query",
                "name": "limit",
                "schema": {
                  "minimum": 1,
                  "type": "integer",
                },
              },
              {
                "in": "header",
                "name": "Range",
                "required": true,
                "schema": {
                  "type": "string",
                },
              },
            ],
            "responses": {
              "200": {
                "content": {
                  "application/octet-stream": {
                    "schema": {
                      "format": "binary",
                      "type": "string",
                    },
                  },
                },
                "description": "It.",
              },
              "304": {
                "description": "Unchanged.",
              },
              "default": {
                "content": {
                  "$ref": "#/components/schemas/Problem",
                },
                "description": "No.",
              },
            },
            "security": [
              {
                "read": [],
              },
            ],
            "summary": "A file",
          },
          "head": {
            "operationId": "headV1FilesPath",
            "parameters": [
              {
                "description": "DIR/PATH",
                "in": "path",
                "name": "path",
                "required": true,
                "schema": {
                  "type": "string",
                },
              },
              {
                "description": "How many.",
                "in": "query",
                "name": "limit",
                "schema": {
                  "minimum": 1,
                  "type": "integer",
                },
              },
              {
                "in": "header",
                "name": "Range",
                "required": true,
                "schema": {
                  "type": "string",
                },
              },
            ],
            "responses": {
              "200": {
                "description": "It.",
              },
              "304": {
                "description": "Unchanged.",
              },
              "default": {
                "description": "No.",
              },
            },
            "security": [
              {
                "read": [],
              },
            ],
            "summary": "A file (only its header)",
          },
        },
        "/v1/jobs": {
          "post": {
            "operationId": "postV1Jobs",
            "requestBody": {
              "content": {
                "application/json": {
                  "schema": {
                    "properties": {},
                    "type": "object",
                  },
                },
              },
              "description": "The job.",
              "required": true,
            },
            "responses": {
              "201": {
                "content": {
                  "application/json": {
                    "schema": {
                      "properties": {
                        "id": {
                          "type": "string",
                        },
                      },
                      "required": [
                        "id",
                      ],
                      "type": "object",
                    },
                  },
                },
                "description": "Done.",
              },
              "default": {
                "content": {
                  "$ref": "#/components/schemas/Problem",
                },
                "description": "No.",
              },
            },
            "security": [
              {
                "write": [],
              },
            ],
            "summary": "Submit",
          },
        },
      },
      "security": [],
      "servers": [
        {
          "url": "/",
        },
      ],
    }
  `);
});

test("HEAD is described only where it is wanted, and where it is served", () => {
  const bare = openApiDocument(routes, { title: "Test", version: "1" }) as { paths: Record<string, object> };
  expect(Object.values(bare.paths).map((methods) => Object.keys(methods))).toEqual([["get"], ["post"]]);
});
