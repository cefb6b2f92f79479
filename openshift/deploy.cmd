@echo off
rem Bring Cherha, or a new release of it, into a project: deploy.cmd --help. deploy.sh makes the same calls.
setlocal
if not defined OC set "OC=oc"
set "here=%~dp0"
set "project="
set "environment=dev"
set "workers=%here%workers"
set "only="
set "binary="
set "build="
set "dry_run="
set "image="
set "image_args="

:arguments
if "%~1"=="" goto ready
if "%~1"=="-n" set "project=%~2" & shift & shift & goto arguments
if "%~1"=="--namespace" set "project=%~2" & shift & shift & goto arguments
if "%~1"=="-e" set "environment=%~2" & shift & shift & goto arguments
if "%~1"=="--env" set "environment=%~2" & shift & shift & goto arguments
if "%~1"=="--workers" set "workers=%~2" & shift & shift & goto arguments
if "%~1"=="--only" shift & goto parts
if "%~1"=="--binary" set "binary=yes" & shift & goto arguments
if "%~1"=="--build" set "build=yes" & shift & goto arguments
if "%~1"=="--dry-run" set "dry_run=--dry-run=server" & shift & goto arguments
if "%~1"=="--help" goto usage
echo deploy: %~1 is not known; see deploy.cmd --help. 1>&2
exit /b 2

rem Without quotes, what commas part are arguments of their own here.
:parts
set "word=%~1"
if not defined word goto ready
if "%word:~0,1%"=="-" goto arguments
set "only=%only% %~1"
shift
goto parts

:usage
echo deploy.cmd -n PROJECT [options]
echo.
echo   -n, --namespace PROJECT   the project; it is made if it is not there
echo   -e, --env NAME            params\NAME.env, or a file: dev, which is the default, prod, sandbox
echo       --workers FOLDER      a file for each kind of worker; openshift\workers is the default
echo       --only PARTS          of secrets,build,redis,postgresql,files,web,workers,route
echo       --binary              build out of this folder, not out of GIT_URL
echo       --build               build although there is an image with this tag already
echo       --dry-run             ask the cluster about everything, and change nothing
echo       --help                print this
echo.
echo It can be run again: what is as it should be stays as it is, and secrets are never made anew.
echo It ends with 0 when everything runs, with 1 when something does not, and with 2 when it was asked wrongly.
exit /b 0

:ready
if not defined project echo deploy: Which project? -n PROJECT 1>&2 & exit /b 2
for %%P in (%only%) do call :known %%P & if errorlevel 1 exit /b 2
set "params=%here%params\%environment%.env"
if not exist "%params%" set "params=%environment%"
if not exist "%params%" echo deploy: There is no %here%params\%environment%.env, and no file %environment%. 1>&2 & exit /b 2
if not exist "%workers%\" echo deploy: There is no folder %workers%. 1>&2 & exit /b 2

set "app=cherha"
set "web=cherha-web"
set "tag=latest"
set "redis=redis"
set "postgresql=postgresql"
set "route=cherha"
set "storage=file:"
call :value APP_NAME app
call :value APP_SERVICE_NAME web
call :value IMAGE_TAG tag
call :value REDIS_SERVICE_NAME redis
call :value DATABASE_SERVICE_NAME postgresql
call :value ROUTENAME route
call :value STORAGE_URL storage

%OC% whoami >nul
if errorlevel 1 echo deploy: Log in first, with oc login. 1>&2 & exit /b 1
%OC% get project "%project%" -o name >nul 2>&1
if errorlevel 1 call :make_project
if errorlevel 1 exit /b 1
%OC% auth can-i create deployments.apps -n "%project%" >nul
if errorlevel 1 echo deploy: You may not create Deployments in %project%. 1>&2 & exit /b 1
rem A name that no template knows would be ignored by the calls below, as each template knows some only.
%OC% process --local -f "%here%templates\all-in-one.yaml" "--param-file=%params%" -p "NAMESPACE=%project%" -o name >nul
if errorlevel 1 echo deploy: Something is wrong with %params%, as said above. Save it without a byte order mark. 1>&2 & exit /b 1

call :part secrets
if errorlevel 1 exit /b 1
call :look_up_image
call :part build
if errorlevel 1 exit /b 1
call :part redis
if errorlevel 1 exit /b 1
call :part postgresql
if errorlevel 1 exit /b 1
call :part files
if errorlevel 1 exit /b 1
call :check_image
if errorlevel 1 exit /b 1
call :part web
if errorlevel 1 exit /b 1
call :part workers
if errorlevel 1 exit /b 1
call :part route
if errorlevel 1 exit /b 1
echo deploy: done.
exit /b 0

:known
for %%K in (secrets build redis postgresql files web workers route) do if "%%K"=="%~1" exit /b 0
echo deploy: %~1 is no part; see deploy.cmd --help. 1>&2
exit /b 1

:value
for /f "usebackq tokens=1* delims==" %%A in ("%params%") do if "%%A"=="%~1" set "%~2=%%B"
exit /b 0

:want
if not defined only exit /b 0
for %%P in (%only%) do if "%%P"=="%~1" exit /b 0
exit /b 1

:part
call :want %~1
if errorlevel 1 exit /b 0
call :%~1
exit /b %errorlevel%

:make_project
if defined dry_run echo deploy: There is no project %project% to ask about. 1>&2 & exit /b 1
%OC% new-project "%project%" --skip-config-write >nul
if errorlevel 1 echo deploy: The project %project% cannot be made. 1>&2 & exit /b 1
exit /b 0

:apply
%OC% process --local -f "%here%templates\%~1" "--param-file=%params%" %2 --ignore-unknown-parameters=true -p "NAMESPACE=%project%" %image_args% | %OC% apply -n "%project%" --validate=strict %dry_run% -f -
if errorlevel 1 echo deploy: %~1 was not applied. 1>&2 & exit /b 1
exit /b 0

:wait_for
if defined dry_run exit /b 0
%OC% rollout status "deployment/%~1" -n "%project%" --timeout=20m
if errorlevel 1 echo deploy: %~1 does not run; oc describe pod -l app.kubernetes.io/instance=%~1 says why. 1>&2 & exit /b 1
exit /b 0

rem What oc calls the image: its digest, so that a second apply finds the pods as they are.
:look_up_image
set "image="
set "image_args="
for /f "delims=" %%I in ('%OC% get istag "%app%:%tag%" -n "%project%" -o "jsonpath={.image.dockerImageReference}" 2^>nul') do set "image=%%I"
if defined image set image_args=-p "IMAGE=%image%"
exit /b 0

:secrets
%OC% get secret "%app%-secrets" -n "%project%" -o name >nul 2>&1
if not errorlevel 1 echo deploy: %app%-secrets is kept as it is. & exit /b 0
%OC% process --local -f "%here%templates\00-secrets.yaml" "--param-file=%params%" --ignore-unknown-parameters=true -p "NAMESPACE=%project%" | %OC% create -n "%project%" %dry_run% -f -
if errorlevel 1 echo deploy: The secrets were not made. 1>&2 & exit /b 1
exit /b 0

:build
set "template=10-build.yaml"
if defined binary set "template=11-build-binary.yaml"
call :apply %template%
if errorlevel 1 exit /b 1
if defined dry_run exit /b 0
if defined image if not defined build exit /b 0
if defined binary goto build_folder
%OC% start-build "%app%" -n "%project%" --follow --wait
goto built
:build_folder
%OC% start-build "%app%" -n "%project%" --follow --wait "--from-dir=%here%.." "--exclude=(^|/)\.(git|venv|cherha)(/|$)"
:built
if errorlevel 1 echo deploy: The image was not built. 1>&2 & exit /b 1
call :look_up_image
exit /b 0

:redis
call :apply 20-redis.yaml
if errorlevel 1 exit /b 1
call :wait_for "%redis%"
exit /b %errorlevel%

:postgresql
call :apply 21-postgresql.yaml
if errorlevel 1 exit /b 1
call :wait_for "%postgresql%"
exit /b %errorlevel%

:files
if "%storage:~0,3%"=="s3:" echo deploy: files are on S3, so there is no volume for them. & exit /b 0
call :apply 22-files.yaml
exit /b %errorlevel%

:check_image
if defined image exit /b 0
if defined dry_run exit /b 0
call :want web
if not errorlevel 1 goto no_image
call :want workers
if not errorlevel 1 goto no_image
exit /b 0
:no_image
echo deploy: There is no image %app%:%tag% in %project%; let build be one of the parts. 1>&2
exit /b 1

:web
call :apply 30-web.yaml
if errorlevel 1 exit /b 1
call :wait_for "%web%"
exit /b %errorlevel%

:workers
for /f "delims=" %%W in ('dir /b /on "%workers%\*.env"') do call :apply 40-worker.yaml "--param-file=%workers%\%%W" & if errorlevel 1 exit /b 1
for /f "delims=" %%W in ('dir /b /on "%workers%\*.env"') do call :wait_for "%app%-%%~nW" & if errorlevel 1 exit /b 1
exit /b 0

:route
call :apply 31-route.yaml
if errorlevel 1 exit /b 1
if defined dry_run exit /b 0
set "host="
for /f "delims=" %%H in ('%OC% get route "%route%" -n "%project%" -o "jsonpath={.spec.host}"') do set "host=%%H"
if not defined host echo deploy: The route has no host. 1>&2 & exit /b 1
echo deploy: https://%host%/
exit /b 0
