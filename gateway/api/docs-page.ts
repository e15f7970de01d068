/** A page to try the API. It loads /openapi.json and nothing else. */
import { createHash } from "node:crypto";

const STYLE = `
:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}
body{max-width:60rem;margin:0 auto;padding:1rem}
details{border:1px solid #8886;border-radius:.5rem;margin:.5rem 0;padding:.5rem 1rem}
summary{cursor:pointer}code,pre,textarea,input{font:14px/1.4 ui-monospace,monospace}
label{display:block;margin:.5rem 0}input,textarea{width:100%;box-sizing:border-box;padding:.4rem}
pre{overflow:auto;padding:.5rem;border:1px solid #8886;border-radius:.25rem}button{padding:.4rem 1rem}`;

const SCRIPT = `
const make=(tag,text,more={})=>Object.assign(document.createElement(tag),{textContent:text??""},more);
const field=(form,name,label,tag="input")=>{const box=make("label",label);const input=make(tag,"",{name});
box.append(input);form.append(box);return input};
const token=document.querySelector("#token");
const add=(path,method,operation)=>{
const details=make("details");const head=make("summary");
head.append(make("code",method.toUpperCase()+" "+path),make("span"," "+(operation.summary??"")));
const form=make("form");const inputs=[];
for(const parameter of operation.parameters??[])inputs.push([parameter,field(form,parameter.name,parameter.name+" ("+parameter.in+")")]);
let body;const schema=operation.requestBody?.content["application/json"].schema;
if(schema){body=field(form,"body","body (JSON)","textarea");body.rows=8;
body.value=JSON.stringify(Object.fromEntries((schema.required??[]).map(name=>[name,""])),null,2)}
const output=make("pre","",{hidden:true});output.setAttribute("aria-live","polite");
form.append(make("button","Send",{type:"submit"}));
form.addEventListener("submit",async event=>{event.preventDefault();output.hidden=false;output.textContent="…";
try{let url=path;const query=new URLSearchParams();const headers={};
if(token.value.trim())headers.Authorization="Bearer "+token.value.trim();
for(const [parameter,input] of inputs){if(input.value==="")continue;
if(parameter.in==="path")url=url.replace("{"+parameter.name+"}",encodeURIComponent(input.value));
else if(parameter.in==="query")query.set(parameter.name,input.value);else headers[parameter.name]=input.value}
if(body)headers["Content-Type"]="application/json";
const answer=await fetch(url+(String(query)?"?"+query:""),{method:method.toUpperCase(),headers,...(body?{body:body.value}:{})});
const text=await answer.text();let shown=text;try{shown=JSON.stringify(JSON.parse(text),null,2)}catch{}
output.textContent=answer.status+" "+answer.statusText+"\\n\\n"+shown}catch(error){output.textContent=String(error)}});
details.append(head,form,output);document.querySelector("main").append(details)};
fetch("/openapi.json").then(answer=>answer.json()).then(api=>{document.querySelector("h1").textContent=api.info.title;
for(const [path,item] of Object.entries(api.paths))for(const [method,operation] of Object.entries(item))add(path,method,operation)});`;

export const DOCS_PAGE = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sallyport gateway: API</title>
<meta name="viewport" content="width=device-width,initial-scale=1"><style>${STYLE}</style></head><body><h1>API</h1>
<p>The same as a document: <a href="/openapi.json">/openapi.json</a>. The token stays in this page.</p>
<label>Token <input id="token" type="password" autocomplete="off" spellcheck="false"></label><main></main>
<script>${SCRIPT}</script></body></html>`;

const hash = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

export const DOCS_HEADERS = {
  "Content-Type": "text/html; charset=utf-8",
  "Content-Security-Policy":
    `default-src 'none'; connect-src 'self'; script-src ${hash(SCRIPT)}; style-src ${hash(STYLE)}; ` +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
} as const;
