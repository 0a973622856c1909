// Deploys a multi-scf instance twice with Tencent's own toolkit against a cloud of this file, and prints every request.
// In: {"app", "stage", "name", "inputs", "common"} on standard input, with variables in place; `common` are the inputs that this
// release of the component hands on to each function, null for all. Out: {"first": [...], "again": [...]}.
// The component itself runs in Tencent's cloud only; `converted` says in our words what its source does with its inputs.
'use strict'

const net = require('net')
const dns = require('dns')

function refuse() {
  process.stderr.write('the toolkit asked for the network\n')
  process.exit(3)
}
net.Socket.prototype.connect = refuse
dns.lookup = refuse
console.log = () => {} // the toolkit tells its progress on standard output

const { Capi } = require('@tencent-sdk/capi')
const { Cls } = require('@tencent-sdk/cls')
const { Scf, TriggerManager } = require('tencent-component-toolkit')

const CREDENTIALS = { SecretId: 'id', SecretKey: 'key', Token: 'token' }
const NOT_FOR_FUNCTIONS = ['src', 'region', 'functions', 'triggers', 'ignoreTriggers']
const requests = []
const functions = new Map()
const triggers = new Map()
const deliveries = new Map()

const missing = (code) => ({ Error: { Code: code, Message: code } })

const answers = {
  GetFunction: ({ FunctionName }) => functions.get(FunctionName) || missing('ResourceNotFound.Function'),
  CreateFunction: (body) => functions.set(body.FunctionName, { ...body, Status: 'Active' }) && {},
  UpdateFunctionCode: () => ({}),
  UpdateFunctionConfiguration: () => ({}),
  GetAlias: () => ({}),
  ListTriggers: ({ FunctionName }) => ({ Triggers: triggers.get(FunctionName) || [], TotalCount: 0 }),
  CreateTrigger: (body) => {
    const kept = { ...body, TriggerDesc: JSON.stringify({ cron: body.TriggerDesc }), Enable: body.Enable === 'OPEN' ? 1 : 0 }
    triggers.set(body.FunctionName, [...(triggers.get(body.FunctionName) || []), kept])
    return { TriggerInfo: kept }
  },
  DescribeResourceTagsByResourceIds: () => ({ Tags: [], TotalCount: 0 }),
}

function unanswered(what) {
  process.stderr.write(`the toolkit asks for ${what}, which is not answered here\n`)
  process.exit(4)
}

Capi.prototype.request = async function (data, options) {
  const { Action, Version, ...body } = JSON.parse(JSON.stringify(data))
  requests.push({ host: options.host, action: Action, version: Version, body })
  return { Response: { RequestId: 'r', ...(answers[Action] || (() => unanswered(Action)))(body) } }
}

Cls.prototype.request = async function ({ method, path, query, data }) {
  if (path !== '/deliverfunction') unanswered(`${method} ${path}`)
  const body = JSON.parse(JSON.stringify(data || query))
  requests.push({ host: 'cls', action: `${method} ${path}`, version: '', body })
  if (method !== 'GET') return deliveries.set(body.topic_id, body) && {}
  return deliveries.get(body.topic_id) || { error: { message: '404' } }
}

const pairs = (list) => Object.fromEntries(list.map(({ key, value }) => [key, value]))

function converted({ app, stage, name, inputs, common }) {
  const handedOn = Object.keys(inputs).filter((key) => (common ? common.includes(key) : !NOT_FOR_FUNCTIONS.includes(key)))
  const shared = Object.fromEntries(handedOn.map((key) => [key, inputs[key]]))
  const faas = Object.entries(inputs.functions).map(([key, own]) => {
    const all = { ...shared, ...own }
    return {
      name: `${name}-${stage}-${app}-${key}`,
      ...all,
      code: { bucket: `sls-cloudfunction-${inputs.region}-code`, object: `${name}-${stage}-${app}.zip` },
      environment: { variables: pairs(all.environments || []) },
      tags: pairs(all.tags || []),
      vpcConfig: all.vpc,
      key,
    }
  })
  const named = Object.fromEntries(faas.map(({ key, name: full, type }) => [key, { name: full, type }]))
  const events = (inputs.triggers || []).map((trigger) => ({
    ...trigger,
    parameters: { ...trigger.parameters },
    namespace: inputs.namespace || 'default',
    function: { ...named[trigger.function] },
  }))
  return { faas: faas.map(({ key, ...all }) => all), events }
}

async function deploy(instance) {
  const { faas, events } = converted(instance)
  const { region } = instance.inputs
  requests.length = 0
  await Promise.all(faas.map((one) => new Scf(CREDENTIALS, region).deploy(one)))
  await new TriggerManager(CREDENTIALS, region).bulkCreateTriggers(events)
  return [...requests]
}

async function main() {
  const instance = JSON.parse(require('fs').readFileSync(0, 'utf8'))
  const first = await deploy(instance)
  process.stdout.write(JSON.stringify({ first, again: await deploy(instance) }))
}

main().catch((error) => {
  process.stderr.write(`${error.stack || error}\n`)
  process.exit(1)
})
