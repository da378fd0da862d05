"""The services whose address can be set in the packaged provider: all of them, so that no call ever leaves for AWS."""

_NAMES = """
accessanalyzer acm acmpca amplify apigateway appconfig applicationautoscaling applicationinsights appmesh appstream
appsync athena auditmanager autoscaling autoscalingplans backup batch budgets cloud9 cloudformation cloudfront
cloudhsm cloudsearch cloudtrail cloudwatch cloudwatchevents cloudwatchlogs codeartifact codebuild codecommit
codedeploy codepipeline codestarconnections cognitoidentity cognitoidp configservice connect cur dataexchange
datapipeline datasync dax detective devicefarm directconnect dlm dms docdb ds dynamodb ec2 ecr ecrpublic ecs efs eks
elasticache elasticbeanstalk elastictranscoder elb emr emrcontainers es firehose fms forecast fsx gamelift glacier
globalaccelerator glue greengrass guardduty iam identitystore imagebuilder inspector iot iotanalytics iotevents
kafka kinesis kinesisanalytics kinesisanalyticsv2 kinesisvideo kms lakeformation lambda lexmodels licensemanager
lightsail macie macie2 managedblockchain marketplacecatalog mediaconnect mediaconvert medialive mediapackage
mediastore mediastoredata mq mwaa neptune networkfirewall networkmanager opsworks organizations outposts personalize
pinpoint pricing qldb quicksight ram rds redshift resourcegroups resourcegroupstaggingapi route53 route53domains
route53resolver s3 s3control s3outposts sagemaker sdb secretsmanager securityhub serverlessrepo servicecatalog
servicediscovery servicequotas ses shield signer sns sqs ssm ssoadmin stepfunctions storagegateway sts swf
synthetics timestreamwrite transfer waf wafregional wafv2 worklink workmail workspaces xray
"""

SERVICES = tuple(_NAMES.split())
"""Arguments of ``endpoints {}`` in hashicorp/aws 3.39.0."""
